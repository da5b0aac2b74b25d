// Package cli is the command line of paceline: its commands, flags, processes
// and exit codes, one file a command. It is the only package that sees all the
// others, and it wires them together; it computes nothing itself.
//
// Wrong usage is one sentence on stderr that says what to do, and exit code 64;
// under status, whose codes mean something else, it is 3. SIGINT and SIGTERM end
// every command in order, a second one ends it at once.
package cli
