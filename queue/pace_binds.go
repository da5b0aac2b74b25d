package queue

// roomShare is the share of a told limit that is free where the limit has room.
const roomShare = 0.2

// HasRoom reports whether so much of a limit is free that no higher one is needed.
func HasRoom(free, limit float64) bool { return free >= roomShare*limit }

// spacingBinds reports whether the published spacing is why requests wait, and not the
// account: most wait in lanes whose limits were told, and have room.
func (m *Machine) spacingBinds() bool {
	if m.settings.adaptive() {
		return false
	}
	waiting, free := 0, 0
	for _, l := range m.heap {
		n := l.waiting()
		if n == 0 {
			continue
		}
		waiting += n
		if used, told := l.limits.Used(m.now); told && HasRoom(1-used, 1) && !l.pause.active(m.now) {
			free += n
		}
	}
	return 2*free > waiting
}

// tierOr returns a recommendation that names the API tier; where the spacing binds, the
// pace in its place, for no tier would change that.
func (j *judge) tierOr(tier string) string {
	if j.spacingBinds() {
		return "Use the adaptive pace (--pace adaptive): the API's limits have room"
	}
	return tier
}
