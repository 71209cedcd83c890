package api

func (s *Server) systemRoutes() []Route {
	return []Route{
		endpoint("GET", "/{$}", open, s.root, about{}),
		endpoint("GET", "/health", open, s.health, about{}),
		stream("GET", "/health/ready", open, s.ready, about{}),
		stream("GET", "/metrics", admin, s.metrics, about{}),
		endpoint("POST", v1+"/admin/cleanup", admin, s.cleanupAll, about{}),
	}
}
