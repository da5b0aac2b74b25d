// Package advice says what would help a queue, and how many users one carries. It
// computes that: the last hour's traffic, or a traffic that is planned, goes
// through the queue in virtual time, in front of a simulated account, as it is and
// with each remedy.
package advice
