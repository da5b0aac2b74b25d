// Package state keeps a queue's counters and its users' totals over a restart, in
// one small file.
//
// The one idea: lost counters are no reason to stop. Whatever is wrong with the
// file, the queue works: [Open] reports the problem and starts from zero, and a file
// that cannot be read is set aside, never deleted.
//
//	file, before := state.Open(path, logf)
//	defer file.Close()
//	q, err := queue.New(settings, queue.Restore(before))
//	…
//	file.Keep(ctx, q) // until ctx ends
//
// # The file
//
// The file is JSON: a version, a checksum, and the [queue.State]. It is replaced as
// a whole, by renaming a complete new file, so that a crash leaves the old one or
// the new one. Unknown fields of it are not kept. An empty file beside it, .lock, is
// locked by the process that writes; a second process goes on without the file. The
// system releases the lock of a process that crashed.
//
// # History
//
// [History] is another file: what happened in the last day. Its first line names the
// version; each further line is a checksum and JSON with one of the fields run (when a
// process ran; a later line of the same process takes the place of the earlier one), slice,
// as the endpoint tells it, and trouble, an event. What is new is appended, and the run comes
// last: it says until when everything is there. A line that is cut off or damaged is left out,
// alone, and its time is a gap.
//
// # Owners
//
// [Owners] is another file: which token made which file or batch of the API on the
// gateway's own key. Because a loss would matter here, each line is on the disk
// before the client gets the new ID. Objects without a known owner are for admins.
//
// # Limits
//
// A file is at most 8 MiB: if its users do not fit, the longest idle are left out. A
// crash loses the last second; with many users a little more, because a large file
// is written less often. A power cut may lose the last few seconds.
package state
