package queue

import "time"

// CancelUser takes all requests of the users of a name out of those that wait, whichever group
// they belong to; their [Do] returns [ErrCancelled]. By names the person that asked, for the
// events. It returns how many there were. Those that come meanwhile stay. It holds up others
// only for a part of its time, however many wait.
func (q *Queue) CancelUser(name, by string) (n int) {
	q.eachWaiting(func(t *Ticket) {
		if t.user.name == name {
			q.machine.cancel(t, by)
			n++
		}
	})
	return n
}

// SetUserPriority gives all requests of the users of a name that wait a priority, whichever
// group they belong to, see [Machine.SetPriority]. By names the person that asked, for the
// event. It returns how many there were. It holds up others only for a part of its time,
// however many wait.
func (q *Queue) SetUserPriority(name string, p Priority, by string) (n int) {
	changed := 0
	q.eachWaiting(func(t *Ticket) {
		if t.user.name != name {
			return
		}
		if n++; q.machine.setPriority(t, p) {
			changed++
		}
	})
	if changed > 0 {
		q.update(func(time.Time) {
			q.machine.emit(&Event{Kind: KindPriority, User: name, By: by, To: p.String(), Count: changed})
		})
	}
	return n
}
