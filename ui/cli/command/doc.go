// Package command is what the commands of paceline share.
//
// [App] is one run of the program: its streams, its environment and its exit code.
// [Execute] starts it. A command ends with a [Failure], one sentence that says what
// to do, or with nil.
//
// Beside it stand the flags that several commands have ([QueueFlags],
// [RemoteFlags], [LimitFlags]), the addresses they listen on, and the pages they
// print.
package command
