// Package loadtest is the command paceline loadtest: it puts a known load on a
// queue and reports how long its users waited, beside what was to be expected.
//
// Package client/loadtest sends the load and computes the expectation; here are the
// flags, the choice of the target, the progress on the terminal and the report.
package loadtest
