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
// normal before low; whoever has waited for a minute counts one class higher, so
// that nobody starves. With G groups, and U users in mine, my first request waits
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
// With Settings.Adaptive a lane whose answers tell the account's limits ([Learn])
// starts each request as early as these allow, in place of the spacing: it models
// the account's token buckets, takes each start's cost from them, and lets each
// answer correct them. A refused burst halves what may start at once; an
// overloaded API is tried with one request at a time. Where answers tell nothing,
// the spacing stays.
//
// # Failure
//
// The function says with an [Error] what went wrong. A rate limit pauses the lane
// for everybody and costs no attempt; other passing failures are tried again
// after a back-off with full jitter.
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
