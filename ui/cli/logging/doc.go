// Package logging writes the log of paceline: the events of a queue and the
// requests of a server, in the form that the user chose.
//
// [Observer] writes events and [NewRequests] writes requests; [New] is a plain
// structured log. [AsyncWriter] stands in front of stderr, so that no request waits
// for the log.
package logging
