package api

import "morag/internal/content"

func (s *Server) ingestRoutes() []Route {
	return []Route{
		submit(s, v1+"/ingest/file", upload, s.ingestFile, about{}),
		submit(s, v1+"/ingest/url", address, s.ingestURL, about{}),
		submit(s, v1+"/ingest/batch", list, s.ingestBatch, about{}),
		submit(s, v1+"/process", upload|address|list, s.process, about{}),
		submit(s, "/process/file", upload, s.processFile, about{}),
		submit(s, "/process/url", address, s.processURL(""), about{}),
		submit(s, "/process/web", address, s.processURL(content.Web), about{}),
		submit(s, "/process/youtube", address, s.processURL(content.YouTube), about{}),
		submit(s, "/process/batch", list, s.processBatch, about{}),
	}
}
