package queue

// tellOutage emits an event of the beginning of an outage in which nothing succeeds, seen by a
// call of a lane that has failed: not of one that may be chance, and over in a moment. alone says
// that calls of other lanes succeed.
func (m *Machine) tellOutage(l *lane, alone bool, e *Error) {
	o, h := &m.health.outage, &m.health
	if o.told || m.now-o.since < overAfter && !h.unreachable() && !h.failures.nothingSucceeds() {
		return
	}
	o.told = true
	m.emit(&Event{Kind: KindOutage, Lane: l.name, Alone: alone, Error: errorText(e), Class: o.class.Name()})
}

// tellOutageOver emits an event of the end of an outage of whose beginning there is one, once
// it is over for so long that it does not go on.
func (m *Machine) tellOutageOver() {
	o := &m.health.outage
	if !o.told || !o.isOver(m.now) {
		return
	}
	o.told = false
	m.emit(&Event{Kind: KindRecovered, Lane: m.health.failures.acceptances[0].lane, Millis: (o.until - o.since).Milliseconds(), Class: o.class.Name()})
}
