// Package replay lets traffic through the queue, or through another pace, in front
// of simulated accounts of the Claude API, in virtual time: the same users ask the
// same accounts the same things, and only who says when a request starts is
// another. An hour takes a fraction of a second, and gives the same every time.
//
// A [Load] is the traffic and the accounts, a [Pace] says when requests start, and
// [Play] runs the one through the other and returns what the users [Felt]. A queue
// with settings of one's own is a pace, too: [Queue].
//
// [Loads] and [Paces] are the comparison that the adaptive pace is measured by: the
// tests have a bar for each load, so that what it does badly stays visible;
// [Compare] runs one load of it, [CompareAll] several, and [Table] writes one down.
package replay
