// Package state keeps a queue's counters and the totals of its users over a
// restart, in one small file.
//
// The one idea: losing the counters is a pity, and nothing more. So whatever is
// wrong with the file, the queue works: [Open] says what is wrong and begins from
// zero, and a file that cannot be read is set aside, never deleted.
//
//	file, before := state.Open(path, say)
//	defer file.Close()
//	q, err := queue.New(settings, queue.Restore(before))
//	…
//	file.Keep(ctx, q) // until ctx ends
//
// # The file
//
// It is JSON: a version, a checksum, and the [queue.State]. It is replaced as a
// whole, by renaming a finished one over it, so that a crash leaves the old one
// or the new one. A file of this version is ours: what else is written into it
// does not stay. Beside it lies an empty one, .lock, that the process holds which
// writes: a second one goes on without. The system takes that lock back from a
// process that crashed; the file itself stays.
//
// # Owners
//
// [Owners] is another file: who made which file or batch of the API on the
// gateway's own key. Here a loss would be more than a pity, so each line is on the
// disk before the client hears of what it made; what is lost all the same is for
// admins.
//
// # Limits
//
// A file is at most 8 MiB: of more users than fit, the longest idle are left out.
// What happened in the last second is lost in a crash; with many users a little
// more, as a large file is written less often. A power cut may take the last few
// seconds.
package state
