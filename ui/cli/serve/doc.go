// Package serve is the command paceline serve: the gateway in front of the Claude
// API, or of a simulated one.
//
// A server is a queue with its gateway, its endpoint and its simulated API.
// [Command] serves one until the process is told to stop; [StartSimulated] serves one for
// another command, on a free port.
package serve
