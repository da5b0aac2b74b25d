// Package advice computes what would help a queue, and how many users a queue can
// serve. It runs traffic through the queue in virtual time against a simulated
// account, see package replay.
//
// [Compute] replays the traffic of a [Situation], such as the last hour's, as it was
// and with each remedy. An [Advisor] does so in the background for a running queue.
// [Counted] makes a situation of traffic of which only the counts are known.
//
// A [Plan] is traffic that is expected, and [Plan.Forecast] computes its waits and
// limits.
package advice
