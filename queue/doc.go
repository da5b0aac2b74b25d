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
// Turns go round: among groups (who is billed), in a group among its users, and
// each user's requests are served first in, first out. High priority goes before
// normal before low; a request counts one class higher after each minute of waiting,
// so that none starves. With G groups, and U users in mine, my first request waits
// for at most G·U-1 other starts of its class.
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
// for everybody and costs no attempt. One that may concern its request alone
// (RequestScoped) is an attempt of that request, until another one meets the same. A
// request that no full bucket holds gets an [OversizeError]. Long pauses are probed,
// and [Queue.Resume] ends one. Other passing failures are tried again after a
// back-off with full jitter.
//
// With Settings.Adaptive, calls that an overloaded API (529) answers, or that cannot
// connect, open a breaker: of the lane, or of all lanes. Then a few requests at a time
// are tried, each time others, and what waits loses no attempt.
//
// A request stands aside, so that others pass although its turn may have come, for its
// back-off, for a limit that smaller requests fit (for at most a minute), or after it has
// failed as a try of a breaker.
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
