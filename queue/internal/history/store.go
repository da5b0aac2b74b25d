package history

import (
	"bytes"
	"iter"
)

// Store keeps the slices of a day. The zero Store is empty. It is not safe for concurrent
// use.
type Store struct {
	fine   []*chunk // of a minute each
	coarse []*chunk // of an hour each, of minutes before those

	coarseEnd, end int64 // of the last slices
}

// chunk is slices one after the other.
type chunk struct {
	encoder
	start, length int64 // the stretch of time that they lie in, in seconds
	each          int64 // the length of a slice
}

func (c *chunk) end() int64 { return c.start + c.length }

// all yields the slices, oldest first.
func (c *chunk) all(yield func(*Slice) bool) {
	d := decoder{bytes: c.bytes}
	for len(d.bytes) > 0 {
		s := d.slice(c.each)
		if !yield(&s) {
			return
		}
	}
}

// add appends a slice to the last of some chunks, or to a new one, and returns the chunks.
func add(chunks []*chunk, s *Slice, length int64) []*chunk {
	start := s.Start - s.Start%length
	if n := len(chunks); n == 0 || chunks[n-1].start != start {
		if n > 0 { // nothing is added to it any more
			before := chunks[n-1]
			before.names, before.bytes = nil, bytes.Clone(before.bytes)
		}
		chunks = append(chunks, &chunk{start: start, length: length, each: s.Length})
	}
	chunks[len(chunks)-1].slice(s)
	return chunks
}

// Add keeps a slice that has ended, of one of the two lengths. It is later than those
// before it, or is not kept.
func (s *Store) Add(one *Slice) {
	if one.Start < s.end || one.Length == Coarse && len(s.fine) > 0 {
		return
	}
	s.end = one.End()
	if one.Length == Coarse {
		s.addCoarse(one)
		return
	}
	s.fine = add(s.fine, one, Coarse)
	for range 2 { // one more than are new: whatever was kept before a pause goes, and no call takes long
		s.foldOne(one.End())
	}
	s.forget(one.End())
}

// addCoarse keeps a coarse slice.
func (s *Store) addCoarse(one *Slice) {
	s.coarse = add(s.coarse, one, coarseIn)
	s.coarseEnd = one.End()
}

// foldOne makes the oldest minute of fine slices one coarse slice, if it is old enough.
func (s *Store) foldOne(now int64) {
	if len(s.fine) < 2 || s.fine[0].end() > now-fineFor {
		return
	}
	old := s.fine[0]
	s.fine[0], s.fine = nil, s.fine[1:]
	minute := Slice{Start: old.start, Length: Coarse}
	for one := range old.all {
		minute.Merge(one)
	}
	s.addCoarse(&minute)
}

// forget forgets what is too old.
func (s *Store) forget(now int64) {
	for len(s.coarse) > 0 && s.coarse[0].end() <= now-keptFor {
		s.coarse[0], s.coarse = nil, s.coarse[1:]
	}
	for len(s.fine) > 1 && s.fine[0].end() <= now-keptFor {
		s.fine[0], s.fine = nil, s.fine[1:]
	}
}

// View is the slices that a [Store] had at a moment. It stays as it is while the store
// goes on, also in another goroutine.
type View struct {
	chunks    []chunk
	coarseEnd int64 // of the last coarse slice
}

// View returns the slices of now.
func (s *Store) View() View {
	v := View{coarseEnd: s.coarseEnd}
	for _, chunks := range [...][]*chunk{s.coarse, s.fine} {
		for _, c := range chunks {
			v.chunks = append(v.chunks, chunk{encoder: encoder{bytes: c.bytes}, start: c.start, length: c.length, each: c.each})
		}
	}
	return v
}

// Length returns the length of the slices since a time, in seconds: that of the longest.
func (v View) Length(since int64) int64 {
	if since < v.coarseEnd {
		return Coarse
	}
	return Fine
}

// All returns the slices that end after a time, in seconds since 1970, and some before it,
// oldest first.
func (v View) All(since int64) iter.Seq[*Slice] {
	return func(yield func(*Slice) bool) {
		for i := range v.chunks {
			if v.chunks[i].end() <= since {
				continue
			}
			for one := range v.chunks[i].all {
				if !yield(one) {
					return
				}
			}
		}
	}
}
