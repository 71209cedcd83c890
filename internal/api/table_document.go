package api

func (s *Server) documentRoutes() []Route {
	return []Route{
		endpoint("POST", "/search", client, s.search, about{}),
		endpoint("POST", v1+"/search", client, s.search, about{}),
		endpoint("GET", v1+"/documents", client, s.listDocuments, about{}),
		endpoint("GET", v1+"/documents/{id}", client, s.showDocument, about{}),
		stream("GET", v1+"/documents/{id}/content", client, s.documentContent, about{}),
		endpoint("GET", v1+"/documents/{id}/chunks", client, s.documentChunks, about{}),
		stream("GET", v1+"/documents/{id}/source", client, s.documentSource, about{}),
		endpoint("DELETE", v1+"/documents/{id}", client, s.deleteDocument, about{}),
	}
}
