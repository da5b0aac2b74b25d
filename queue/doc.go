// Package queue is a paced, fair queue for calls to an API that limits how fast
// it may be called.
//
// The one idea: order, pace, retries, metrics and health are one state machine
// without goroutines and clock, the [Machine]; [Queue] is its shell in real time.
//
//	q, err := queue.New(queue.DefaultSettings())
//	…
//	answer, err := queue.Do(ctx, q, queue.Request{User: "user_123"}, func(ctx context.Context) (Answer, error) {
//		…
//	})
//
// # Order
//
// Scheduling is weighted fair queueing over groups (billed parties), then over a group's
// users, by what their requests take of the account's limits; where none is known turns
// go round. Each user's requests are first in, first out. High priority goes before
// normal before low; a user that has had no turn for a minute because higher priorities
// started has its next request one class higher, so that nobody starves.
//
// # Pace
//
// After a start the next one may follow 1.5 s later, and 200 ms later still for
// each request that then waits, but at most 10 s later; see [Settings]. The
// longer the line, the slower: with 43 waiting it is one start each 10 s. What
// could not be served within Settings.MaxWait is refused at the door, which with
// the defaults closes at about 48 waiting.
//
// With Settings.Adaptive the account's limits decide, in place of the spacing. A lane
// whose answers report them ([ReportLimits]) models the account's token buckets, takes each
// start's cost from them, and lets each answer correct them. A lane that knows
// nothing explores: 4 starts, then 8, 16, … each 200 ms, inside what is known of the
// account's other lanes, and nobody is refused for what is not known. Where only
// refusals show a limit, the rate between them is measured. Only a success teaches:
// an error, a cancellation or a time-out does not.
//
// # Failure
//
// The function says with an [Error] what went wrong. A rate limit pauses the lane
// for everybody and costs no attempt; where only the tokens of a request were too many,
// smaller ones go on starting. A 429 that may be about one request
// (RequestScoped) costs that request an attempt; if a second request gets the same, the
// lane pauses. A request larger than the bucket fails with an [OversizeError]. Long
// pauses are probed, and [Queue.Resume] ends one. Other passing failures are tried again
// after a back-off with full jitter.
//
// With Settings.Adaptive, repeated 529s open the lane's breaker, repeated connection
// errors one for all lanes. While it is open, a few different requests at a time are
// sent; the others wait, and that costs them no attempt.
//
// A request is set aside, so that others pass it, while it backs off, while it waits for
// a limit that smaller requests fit (at most a minute), or after it failed as a try of a
// breaker.
//
// # Reports
//
// [Queue.Report] is what the endpoint /api/queue/metrics writes: counters,
// quantiles of the last 5 minutes, users, events, and one verdict on the health.
// [Observe] follows the events, whose [Event.Line] is the log that operators know.
//
// # Limits
//
// The queue lives in memory, of one process. The users remembered are at most
// 10,000, the events 256. Figures of the last 5 minutes are right to within 10 s.
package queue
