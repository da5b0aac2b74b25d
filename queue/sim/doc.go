// Package sim simulates the Claude API and its users, so that a queue can be tried
// without a key, a network or a cost.
//
// The one idea: all random draws of a request come from random numbers of its own,
// named by the seed, the user and the number of the request. So a run can be
// repeated, and the order of goroutines does not change what happens to a request.
//
// # The demo
//
// [StartDemo] puts a simulated API and simulated users around a queue, and plays
// scenes for an operator to learn from, see [Scenes]. The users share an [Account] of
// tier 1, whose answers tell its limits. A [Demo] also takes requests, bursts, outages and
// changes of the pace by hand. [PlayPast] plays it in virtual time: a demo can begin with a
// history.
//
// # The API
//
// An [API] answers after a random time with a long tail, and fails as the real API
// does: 429 with retry-after when a bucket of requests is empty, 529 and other
// failures at a set rate, and every call during an outage. [Conditions] set how it
// behaves.
//
// # The API over HTTP
//
// A [Handler] serves the same API over HTTP, for the official SDKs and a gateway:
//
//	POST /v1/messages                  plain and streamed, with a tool call where one is asked for
//	POST /v1/messages/count_tokens     a quarter of the bytes
//	GET  /v1/models, /v1/models/{id}
//	/v1/messages/batches…              made, listed, shown, canceled, deleted; results
//	/v1/files…                         uploaded, listed, shown, downloaded, deleted
//
// It speaks the versions 2023-06-01 and 2026-10-21 of the API; the newer one refuses
// temperature, top_p and top_k, documents in an assistant's message and citations in a
// user's. Any key is valid. Each key is an organization of its own, except that sk-sim-ORG-…
// belongs to the organization ORG. Every organization and model group (Opus 4.5 to
// 4.8, for example: [DefaultModelGroups]) has a bucket of requests, which the
// anthropic-ratelimit-requests headers report. The answer calls a tool where
// tool_choice wants it, or where tools are given and the last message names one or
// has the word "tool" in it. Every answer has x-paceline-simulated: true.
//
// A batch takes a second and 10 ms for each request, a minute at most, or its
// x-sim-latency; its requests are processed evenly over that time, and the limits of
// messages do not count for them. Files are for the messages that name them: they are
// not read. A file that was uploaded with x-sim-downloadable: true can be downloaded,
// as one that a tool of the API has made. Batches and files are kept in memory, and
// belong to the organization or workspace of their key: 200,000 requests of batches,
// 10,000 files and 256 MB at most.
//
// With [NewAccountHandler] each organization has an [Account] instead, with all
// limits and headers, and there is GET /v1/organizations/rate_limits. What asks for speed
// fast draws from buckets of its own, see [AccountSettings].Fast. A skewed clock,
// and models whose requests always lack something, are [HTTPSettings].
//
// # An account
//
// An [Account] is one organization's use of the API with its real limits: token
// buckets for requests, input and output tokens by model group and workspace, a
// limit on short bursts, a limit on a sharp rise, and the spend cap. It also has
// faults: storms of 529 or of refused connections, random failures, calls that hang,
// headers that are missing or wrong, and other traffic on the same account. It is a
// state machine whose time is an argument, so an hour of traffic takes a moment.
// [Tier] has the published limits.
//
// # Forcing an outcome
//
// These request headers are for testing a client. Each applies to its own request
// only; a value out of its range is a 400.
//
//	x-sim-error: OUTCOME      the outcome, see below; there are no random faults
//	x-sim-error: OUTCOME*N    the same for the first N attempts (1 to 1000) with the
//	                          same x-sim-id; then an answer
//	x-sim-id: ID              identifies a request over its attempts, at most 200
//	                          bytes; the last 16,384 IDs are remembered
//	x-sim-retry-after: TEXT   the retry-after of a forced error
//	x-sim-latency: 50ms       the time of the answer, 0s to 1m; without it a forced
//	                          error comes at once
//	x-sim-tokens: N           words of the text, which is also its deltas, 1 to 10,000
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
//	                     have their names as codes, and none of the four a retry-after
//	contract_spend_limit_reached              429
//	linked_organization_spend_limit_reached   402
//	organization_on_hold                      400
//	400-spend, 400-spend-workspace   400, the spend limit that the customer has set, in
//	                     words alone; until the 1st of the next month
//	claude-code-spend    429 of the Claude Code workspace's spend limit: retry-after: 3600
//	ramp_limit_exceeded  429, the traffic rises too fast: retry-after: 5
//	unknown-code         429 with the error code some_new_limit_reached
//	reset                the connection is reset before any response header
//	silence              no byte until the client leaves; draws from no bucket
//	hang                 the same for an admitted call: its request and its input
//	                     count
//	half-body            the connection ends in the middle of the body, or of an event
//	reset-mid-stream     it ends between two events; of a plain answer, half comes
//	silence-mid-stream   half of the answer, then nothing until the client leaves
//	stream-error         event: error after half of the events; needs a stream
//	garbage              a malformed event among the others; or no JSON
//	batch-expires        of a new batch, half of its requests expire
//	page                 200 with a page of HTML in place of the answer
//	empty                200 with no body
//	error-200            200 with an error as its body
//	cut                  half of the answer, or of the events, as if that were all
//	slow-drip            up to 200 pieces, cut anywhere, evenly over the answer's time
//
// A status, none, reset and silence apply at every address, the others to messages.
// [Handler.FailNext] does the same from Go, for clients that cannot send headers.
//
// # The users
//
// A user asks the next question some time after the last answer, hangs up after too
// long a wait, leaves after some minutes, and is followed by another one.
//
// # Limits
//
// The seed fixes the random draws, not the clock: when a bucket is empty depends on
// when requests arrive. Without an [Account], answers have token counts, but only
// requests are limited.
package sim
