// Package history keeps what happened in the last day: slices of 5 s for an hour, and of
// a minute before that.
//
// A slice is kept as bytes, a few for each figure, and those of a minute, or of an hour,
// stand one after the other. Names stand in the bytes where they first occur, so that the
// bytes can be read without anything else, and go when the slices go that name them.
// What is written never changes: a reader takes a [View] and reads while a [Store] goes
// on.
//
// Slices in which nothing happened are not kept. Nothing here reads a clock.
package history
