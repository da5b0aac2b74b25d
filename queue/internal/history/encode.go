package history

import (
	"encoding/binary"
	"time"
)

// encoder appends slices to bytes.
type encoder struct {
	bytes []byte
	names map[string]uint64 // by number
}

func (e *encoder) uint(n uint64) { e.bytes = binary.AppendUvarint(e.bytes, n) }

// count appends what is never negative.
func (e *encoder) count(n int64) { e.uint(uint64(max(n, 0))) }

func (e *encoder) millis(d time.Duration) { e.count(d.Milliseconds()) }

func (e *encoder) flag(b bool) {
	if b {
		e.uint(1)
	} else {
		e.uint(0)
	}
}

// name appends a name: its number, and the first time zero and the name itself.
func (e *encoder) name(s string) {
	if number, known := e.names[s]; known {
		e.uint(number)
		return
	}
	if e.names == nil {
		e.names = map[string]uint64{}
	}
	e.names[s] = uint64(len(e.names)) + 1
	e.uint(0)
	e.uint(uint64(len(s)))
	e.bytes = append(e.bytes, s...)
}

// sparse appends counts of which most are zero: how many are not, and each with its place.
func (e *encoder) sparse(counts []uint32) {
	some := uint64(0)
	for _, n := range counts {
		if n > 0 {
			some++
		}
	}
	e.uint(some)
	for i, n := range counts {
		if n > 0 {
			e.uint(uint64(i))
			e.uint(uint64(n))
		}
	}
}

// slice appends a slice, whose length is known from where it stands.
func (e *encoder) slice(s *Slice) {
	e.count(s.Start)
	e.uint(uint64(s.Level))
	if s.Level > 0 {
		e.name(s.Message)
		e.millis(s.BadFrom)
		e.millis(s.BadUntil)
		e.millis(s.Critical)
		e.uint(uint64(len(s.Causes)))
		for _, c := range s.Causes {
			e.name(c.Name)
			e.millis(c.For)
		}
	}
	e.count(int64(s.Waiting))
	e.millis(s.Oldest)
	e.flag(s.Running)
	e.count(s.Arrivals)
	e.count(s.Starts)
	e.sparse(s.Waits[:])
	e.millis(s.Longest)
	for _, n := range [...]int64{s.Successful, s.Failed, s.Cancelled, s.Refused, s.RateLimited} {
		e.count(n)
	}
	e.sparse(s.Failures[:])
	e.millis(s.Paused)
	e.count(s.Input)
	e.count(s.Output)
	e.uint(uint64(len(s.Waiters)))
	for i := range s.Waiters {
		w := &s.Waiters[i]
		e.name(w.User)
		e.name(w.Lane)
		e.millis(w.Waited)
		e.flag(w.Started)
		e.count(int64(w.Waiting))
	}
	e.uint(uint64(len(s.Lanes)))
	for i := range s.Lanes {
		e.lane(&s.Lanes[i])
	}
}

func (e *encoder) lane(l *Lane) {
	e.name(l.Name)
	e.count(int64(l.Waiting))
	e.count(int64(l.Running))
	e.uint(uint64(len(l.Limits)))
	for _, limit := range l.Limits {
		e.name(limit.Kind)
		e.count(limit.PerMinute)
		e.flag(limit.Told)
		if limit.Told {
			e.bytes = binary.AppendVarint(e.bytes, limit.Free)
			e.millis(limit.FullIn)
		}
	}
}

// decoder reads what an encoder has written.
type decoder struct {
	bytes []byte
	names []string
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.bytes)
	d.bytes = d.bytes[size:]
	return n
}

func (d *decoder) count() int64 { return int64(d.uint()) }

func (d *decoder) number() int { return int(d.uint()) }

func (d *decoder) millis() time.Duration { return time.Duration(d.uint()) * time.Millisecond }

func (d *decoder) flag() bool { return d.uint() != 0 }

func (d *decoder) name() string {
	if number := d.uint(); number > 0 {
		return d.names[number-1]
	}
	size := d.uint()
	s := string(d.bytes[:size])
	d.bytes = d.bytes[size:]
	d.names = append(d.names, s)
	return s
}

func (d *decoder) sparse(counts []uint32) {
	for range d.number() {
		i := d.uint()
		counts[i] = uint32(d.uint())
	}
}

// slice reads a slice of a length.
func (d *decoder) slice(length int64) (s Slice) {
	s.Start, s.Length = d.count(), length
	if s.Level = uint8(d.uint()); s.Level > 0 {
		s.Message = d.name()
		s.BadFrom, s.BadUntil, s.Critical = d.millis(), d.millis(), d.millis()
		for range d.number() {
			s.Causes = append(s.Causes, Cause{d.name(), d.millis()})
		}
	}
	s.Waiting, s.Oldest, s.Running = d.number(), d.millis(), d.flag()
	s.Arrivals, s.Starts = d.count(), d.count()
	d.sparse(s.Waits[:])
	s.Longest = d.millis()
	for _, n := range [...]*int64{&s.Successful, &s.Failed, &s.Cancelled, &s.Refused, &s.RateLimited} {
		*n = d.count()
	}
	d.sparse(s.Failures[:])
	s.Paused, s.Input, s.Output = d.millis(), d.count(), d.count()
	if n := d.number(); n > 0 {
		s.Waiters = make([]Waiter, n)
		for i := range s.Waiters {
			s.Waiters[i] = Waiter{d.name(), d.name(), d.millis(), d.flag(), d.number()}
		}
	}
	if n := d.number(); n > 0 {
		s.Lanes = make([]Lane, n)
		for i := range s.Lanes {
			s.Lanes[i] = d.lane()
		}
	}
	return s
}

func (d *decoder) lane() Lane {
	l := Lane{Name: d.name(), Waiting: d.number(), Running: d.number()}
	if n := d.number(); n > 0 {
		l.Limits = make([]Limit, n)
	}
	for i := range l.Limits {
		limit := Limit{Kind: d.name(), PerMinute: d.count(), Told: d.flag()}
		if limit.Told {
			free, size := binary.Varint(d.bytes)
			d.bytes = d.bytes[size:]
			limit.Free, limit.FullIn = free, d.millis()
		}
		l.Limits[i] = limit
	}
	return l
}
