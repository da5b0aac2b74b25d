// Package limiter decides when the requests of one lane may start, by what is
// known of the limits that its account has.
//
// A [Limiter] models the account's token buckets ("Rate limits",
// platform.claude.com). A start takes its estimated cost from them, and each
// answer that reports limits corrects them. Where nothing is known it explores, in
// rounds that double until an answer reports a limit or refuses a start. Where
// only refusals show a limit, it measures the rate that the account allows. Where what
// answers report is a multiple of what is in force, it learns the multiple. A [Breaker]
// holds back the calls to an API that is overloaded or cannot be reached.
//
// Nothing here reads a clock: times are durations since a beginning that the
// caller chooses, and never go back. Nothing is safe for concurrent use.
package limiter
