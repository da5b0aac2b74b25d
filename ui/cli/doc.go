// Package cli is the command line of paceline: it wires the other packages together
// and computes nothing itself.
//
// [Main] runs the program. The commands serve, loadtest, report and simulate have a
// package each below this one; the monitor, status, token and plan are files here.
// Package command holds what they share, package logging the log. These packages
// alone may import all others.
//
// A command that is typed wrongly ends with one sentence on stderr that says what to
// type, and exit code 64; status, whose exit codes are those of a monitoring check,
// with 3. The first SIGINT or SIGTERM stops a command in order, the second ends the
// process at once.
package cli
