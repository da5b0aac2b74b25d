// Package gateway stands in front of the Claude Messages API and lets every
// request through the queue: a client changes its base URL, and its 429s stop.
//
//	POST /v1/messages                                     paced, plain and streamed
//	     /v1/messages/count_tokens, /v1/messages/batches…,
//	     /v1/models…, /v1/files…                          passed through, not paced
//	POST /api/between/chat                                paced, the published chat route
//
// The one idea: the queue decides when, and the bytes are nobody's business. A
// request's body is read to its end, kept, and sent on byte for byte, again if
// the queue says so; an answer's status, headers and body go back unchanged, as
// they come. Only what order and pace need is read on the way: the model, the
// user, whether it streams, and how large it is; of an answer the account's
// limits, what the call cost, and how it failed.
//
// Serve it with api.NewHTTPServer: an answer may be out before the request's body
// is in, and the connection must not be used again then.
//
// With an admin key the gateway can follow the account's limits, too, by the Rate
// Limits API: see [Gateway.FollowLimits].
//
// # Who may do what
//
// Who is asking stands in the request's context, put there by whoever checked it
// (see [Options]). Turns go round among tokens first, then among the users of a
// token, so that no header takes another one's share.
//
// Where the gateway calls with its own key, all tokens share one account, and it
// keeps their files and batches apart: see [Owners].
//
// # What a client is told
//
// Every answer carries X-Paceline-Request-Id, -Waited-Ms, -Attempts and -Lane.
// What the gateway refuses by itself carries X-Paceline-Refused with the reason,
// so that nobody takes it for the API's, and has the API's error shape, so that
// clients raise the errors they know.
package gateway
