// Package advice says what would help a queue, and how many users one carries. It
// computes that: the last hour's traffic, or a traffic that is planned, goes
// through the queue in virtual time, in front of a simulated account, as it is and
// with each remedy.
//
// [Of] is the situation of a queue, [Counted] one of which only the number of requests
// is known, and [Compute] computes the advice for either.
package advice
