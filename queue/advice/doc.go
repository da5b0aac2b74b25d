// Package advice computes what would help a queue, and how many users a queue can
// serve. It runs traffic through the queue in virtual time against a simulated
// account, see package replay.
//
// [Compute] replays the traffic of a [Situation], such as the last hour's, as it was
// and with each remedy. An [Advisor] does so in the background for a running queue.
// [Counted] makes a situation of traffic of which only the counts are known.
//
// # What is told, and what is not
//
// A replay knows the account's limits as its answers have told them: how they changed, what
// was left of them at the beginning, and how much the buckets hold. It knows nothing else: no
// storm of the API, no other traffic on the account, no limit that is not told. So the
// replay of the traffic as it was is compared with what was measured. Where the p95 of the
// waits or their mean is far apart (see [queue.FarApart]), where more or fewer requests were
// lost, where no answer has told the limits, or where the answers told that more of them
// was taken than by the queue's own calls, nothing is promised, and
// [queue.Advice].CannotTell says why. While most calls fail, an Advisor offers no remedy.
//
// [queue.Spared] is the same traffic in the same replay without the queue: each request is
// sent when it came, and tried again twice as the official SDKs do. What then fails for
// good would have failed without the queue; the p95 wait with the queue, less the one
// without it, is what that cost.
//
// A [Plan] is traffic that is expected, and [Plan.Forecast] computes its waits and
// limits.
package advice
