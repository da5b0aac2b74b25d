// Package gateway is an HTTP proxy in front of the Claude Messages API that sends
// every request through the queue: a client changes its base URL, and its 429s stop.
//
//	POST /v1/messages                                     paced, plain and streamed
//	     /v1/messages/count_tokens, /v1/messages/batches…,
//	     /v1/models…, /v1/files…                          passed through, not paced
//	     /v1/…                                            the same, whatever it is
//	POST /api/between/chat                                paced, the published chat route
//
// The one idea: the queue decides when a request is sent, and nothing changes what
// is sent. The body of a request is read to its end, kept, and sent byte for byte,
// and again for each retry. The status, headers and body of an answer pass back
// unchanged, as they arrive. The gateway reads only what order and pace need: of a
// request the model, the user, its size and whether it streams; of an answer the
// account's limits, the usage, and the kind of a failure.
//
// # Serving
//
// Serve a [Gateway] with api.NewHTTPServer: an answer may end before the request's
// body was read, and the connection must not be used again then. With an admin key
// the gateway can also follow the account's limits through the Rate Limits API, see
// [Gateway.FollowLimits].
//
// # Access
//
// The caller's token is in the request's context, set by the server that checked it
// (see [Caller]). Tokens share the turns first, then the users of a token, so that no
// header can take another token's share.
//
// If the gateway calls with its own key, all tokens share one account, and the
// gateway separates their files and batches, see [Owners]. What it does not know of the
// API is then for operators alone, see [Caller].
//
// # Headers
//
// Every answer has X-Paceline-Request-Id, -Waited-Ms, -Attempts and -Lane. A refusal
// by the gateway itself has X-Paceline-Refused with the reason, which tells it from
// one of the API, and the API's error shape, so that clients raise the errors they
// know.
package gateway
