// Package loadtest puts a known load on an endpoint that speaks the Claude
// Messages API or the chat route of the older deployment, and measures how long its
// users waited for answers.
//
// The one idea: a measured figure means nothing without one to compare it with.
// [Expect] drives the queue's own state machine through the same load in virtual time,
// and so computes the figures that follow from the endpoint's settings; [Published] has
// the figures that were published for the same loads; [Compare] compares the measured
// figures with the computed ones. [Assess] does all of this for a run, from the queue's
// answers before and after it.
//
// # Two kinds of load
//
// In a closed loop ([Plan.Users], [Plan.Messages], [Plan.Gap]) each user sends
// the next message when the last one is answered, as people do. A user who is slowed
// down sends less: a closed loop cannot overload anything, and omits the waits of the
// messages that were not sent because of that (coordinated omission). If users send at
// an interval of their own, a gap, [Result.Corrected] has the times as they would have
// been at that interval.
//
// In an open loop ([Plan.Rate], [Plan.Arrivals]) each message has its scheduled
// time whatever the answers do, and its time is measured from then, even if it was sent
// later; so nothing is omitted and nothing needs correction.
//
// # Limits
//
// What has an answer is not sent again: a 429 counts as a failure. Users who give up
// ([Target.GiveUp]) send the same again before there is one. Times are of successful
// messages only, from the first sending on; a quick refusal is no quick answer. Redirects are not followed, so that no
// credential reaches another host. An answer may have up to 16 MiB, its header up to
// 64 KiB.
package loadtest
