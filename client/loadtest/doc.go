// Package loadtest puts a known load on an endpoint that speaks the Claude
// Messages API or the chat route of the older deployment, and says what its
// users felt.
//
// The one idea: a figure means nothing without another beside it. [Expect] drives
// the queue's own state machine through the same load in virtual time, and so
// tells what the settings of the endpoint make one expect; [Published] has the
// figures that were once published for the same loads; [Compare] judges what was
// measured against what was computed. [Assess] does all of it for a run, by what the
// queue told before and after.
//
// # Two kinds of load
//
// In a closed loop ([Plan.Users], [Plan.Messages], [Plan.Gap]) each user sends
// the next message when the last one is answered, as people do. Who is slowed down
// sends less: a closed loop cannot overload anything, and hides how long
// those would have waited who did not come. That is called coordinated omission.
// Where users have a pace of their own, a gap, [Result.Corrected] has the times as
// users had felt them who send at that pace whatever the answers do.
//
// In an open loop ([Plan.Rate], [Plan.Arrivals]) each message has its scheduled
// time irrespective of the answers, and its time is measured from then, even if
// we were late in sending it; so nothing is omitted and nothing needs correction.
//
// # Limits
//
// Nothing is sent again: a 429 that arrives is a failure, and shown as one. Times
// are of successful messages alone; a quick refusal is no quick answer. Redirects
// are not followed, so that no credential reaches another host. An answer may
// have up to 64 MiB, its header up to 64 KiB.
package loadtest
