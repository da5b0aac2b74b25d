// Package sim stands in for the Claude API and for the people who use it, so
// that a queue can be seen at work without a key, a network or a cost.
//
// The one idea: everything that chance decides is drawn from a stream of its
// own, named by the seed, the user and the number of the request. So a run can be
// repeated, and no order of goroutines changes what a request meets.
//
// # The API
//
// [API.Call] answers after a while with a long tail, and fails as the real one
// does: 429 with retry-after when its bucket of requests is empty, 529 and other
// failures at a set rate, everything while an outage is on. [Conditions] say how
// it behaves at the moment.
//
// # The API over HTTP
//
// A [Handler] puts the same API behind HTTP, so that the official SDKs and a
// gateway can be tried without the real one:
//
//	POST /v1/messages                  plain and streamed, with a tool call where one is asked for
//	POST /v1/messages/count_tokens     a quarter of the bytes
//	GET  /v1/models, /v1/models/{id}
//	GET  /v1/messages/batches, /v1/files   empty lists
//
// Any key will do. Each is an organization of its own, except that
// sk-sim-ORG-… belongs to the organization ORG. Every organization and model
// group (Opus 4.5 to 4.8, say: [DefaultModelGroups]) has a bucket of requests of its own, which the
// anthropic-ratelimit-requests headers tell about. A tool is called where
// tool_choice wants it, or where tools are given and the last message names one
// or has the word "tool" in it. Every answer has x-paceline-simulated: true.
//
// With [NewAccountHandler] each organization has an [Account] instead, with all
// the limits and headers, and there is GET /v1/organizations/rate_limits. A clock
// that is off, and models that always lack something, are [HTTPSettings].
//
// # An account
//
// An [Account] is one organization's use of the API with its real limits: token
// buckets for requests, input and output tokens by model group and workspace, a
// limit on short bursts, one on a sharp rise, the spend cap; and with what goes
// wrong: storms of 529 or of refused connections, failures, calls that hang, headers
// that are missing or off, others on the same account whom nobody sees. It
// is a state machine over whatever time it is told, so an hour of traffic takes a
// moment. [Tier] has the limits that were published.
//
// # Forcing an outcome
//
// These request headers are tools for testing a client. They hold for that one
// request; a value out of its range is a 400.
//
//	x-sim-error: OUTCOME      what comes of it, see below; chance plays no part
//	x-sim-error: OUTCOME*N    the same for the first N attempts (1 to 1000) that
//	                          carry the same x-sim-id; then it is answered
//	x-sim-id: ID              names a request over its attempts, at most 200 bytes;
//	                          the last 16,384 names are remembered
//	x-sim-retry-after: TEXT   the retry-after of an error that was forced
//	x-sim-latency: 50ms       the time of the answer, 0s to 1m; an error that is
//	                          forced comes at once without it
//	x-sim-tokens: N           how many words, so deltas, the text has, 1 to 10,000
//
// The outcomes:
//
//	none                 an answer
//	400 … 599            the API's error of this status; 429 has retry-after: 1, and
//	                     400, 404 and 413 have no limit headers
//	429-bare             without retry-after
//	lacking              429, extra usage is required: no retry-after, no limit headers
//	unified              429 of a subscription: anthropic-ratelimit-unified-status, and
//	                     -reset in a minute, in Unix seconds, in place of the others
//	spend_cap            429, error code enforced_spend_limit_reached; the next three
//	                     are other codes, and none of the four has a retry-after
//	contract_spend_limit_reached, linked_organization_spend_limit_reached,
//	organization_on_hold
//	400-spend            400, because of the customer's own spend limit
//	reset                the connection is reset before any response header
//	silence              no byte, until the client leaves; it draws from no bucket
//	hang                 the same of a call that was let in: its request and its input
//	                     count
//	half-body            the connection ends in the middle of the body, or of an event
//	reset-mid-stream     it ends between two events; of a plain answer, half comes
//	silence-mid-stream   half of the answer, and then nothing until the client leaves
//	stream-error         event: error after half of the events; needs a stream
//	garbage              an event that is none among the others; or no JSON
//	slow-drip            up to 200 pieces, cut anywhere, evenly over the answer's time
//
// A status, none, reset and silence hold at every address, the others for
// messages. [Handler.FailNext] does the same from Go, where the client under test
// cannot send headers.
//
// # The users
//
// Users talk, pause, hang up when they wait too long, leave, and come back as
// somebody else. Each asks the next question when the last was answered.
//
// # The demo
//
// [Start] puts both around a queue and plays scenes that an operator learns
// from, see [Scenes]. A [World] also takes requests, bursts and outages by hand.
//
// # Limits
//
// The seed fixes what is drawn, not the clock: when a bucket runs empty depends on
// when the requests come. Where there is no [Account], tokens are counted in the
// answers, but only requests are limited.
package sim
