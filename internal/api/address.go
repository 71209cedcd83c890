package api

import (
	"fmt"

	"morag/internal/content"
	"morag/internal/ingest"
	"morag/internal/task"
)

// address is the source that the option url names. A claimed type that cannot be an
// address's is corrected; a custom one is trusted, its converter is given the address
// in a file.
func (s *Server) address(o *options) (src task.Source, warning string, err error) {
	raw := o.text("url")
	claimed, err := content.Normalize(o.contentType())
	if err != nil {
		return src, "", invalid("%s", err)
	}
	switch {
	case o.err != nil:
		return src, "", o.err
	case raw == "":
		return src, "", invalid("url is missing")
	}
	if why := s.Outbound.Check(raw); why != "" {
		return src, "", invalid("url %s", why)
	}
	contentType := content.TypeOfURL(raw)
	switch claimed {
	case "", contentType, content.YouTube: // more sites have videos than YouTube
		if claimed != "" {
			contentType = claimed
		}
	case content.Web:
		warning = fmt.Sprintf("content_type %q does not fit the address, which is treated as %q", claimed, contentType)
	case content.Audio, content.Video, content.Doc, content.Image:
		// What the address holds is found out when it is fetched.
	default:
		contentType = claimed
	}
	return task.Source{Name: raw, URL: raw, ContentType: contentType}, warning, nil
}

// addressRequest makes a request of the options of one address.
func (s *Server) addressRequest(o *options) (ingest.Request, error) {
	src, warning, err := s.address(o)
	if err != nil {
		return ingest.Request{}, err
	}
	options, err := o.task(s.Outbound)
	if err != nil {
		return ingest.Request{}, err
	}
	request := ingest.Request{Source: src, Options: options, Warnings: o.misspelt()}
	if warning != "" {
		request.Warnings = append(request.Warnings, warning)
	}
	return request, nil
}
