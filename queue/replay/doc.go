// Package replay runs traffic through the queue, or through another pace, against
// simulated accounts of the Claude API in virtual time. Every pace gets the same
// requests, so the results differ only by when a pace starts them. An hour of
// traffic takes a fraction of a second, and every run gives the same result.
//
// # Running a load
//
// A [Load] is the traffic and the accounts, a [Pace] says when requests start, and
// [Run] returns the [Result]. [QueuePace] makes a pace of a queue with any settings.
//
// # The comparison
//
// [Loads] and [Paces] are the comparison that measures the adaptive pace. [Compare]
// runs one load through every pace, [CompareAll] several loads, and [Table] writes the
// results as Markdown. The tests hold each load to a threshold, so that weak spots
// stay visible.
package replay
