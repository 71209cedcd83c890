package wire

// Message is a message of the Model Context Protocol, as JSON-RPC 2.0 has it: a request has
// a method, an answer a result or an error.
type Message struct {
	JSONRPC string         `json:"jsonrpc" enum:"2.0" doc:"the version of JSON-RPC"`
	ID      any            `json:"id,omitempty" doc:"of the request, the same in its answer; a notification has none"`
	Method  string         `json:"method,omitempty" doc:"such as initialize, tools/list and tools/call"`
	Params  map[string]any `json:"params,omitempty" doc:"of the method, as the protocol has them"`
	Result  map[string]any `json:"result,omitempty" doc:"of the method, as the protocol has it"`
	Error   *MessageError  `json:"error,omitempty" doc:"why there is no result"`
}

// MessageError says why a message was refused.
type MessageError struct {
	Code    int    `json:"code" doc:"as JSON-RPC has them"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty" doc:"what else there is to say"`
}
