package queue

// usedShare is the share of a told limit below which it is far from used.
const usedShare = 0.5

// spacingBinds reports whether the published spacing is why requests wait, and not the
// account: most wait in lanes whose limits were told, and are far from used.
func (m *Machine) spacingBinds() bool {
	if m.settings.Adaptive {
		return false
	}
	waiting, free := 0, 0
	for _, l := range m.heap {
		n := l.waiting()
		if n == 0 {
			continue
		}
		waiting += n
		if used, told := l.limits.Used(m.now); told && used < usedShare && !l.pause.active(m.now) {
			free += n
		}
	}
	return 2*free > waiting
}

// tierOr returns a recommendation that names the API tier; where the spacing binds, the
// pace in its place, for no tier would change that.
func (j *judge) tierOr(tier string) string {
	if j.spacingBinds() {
		return "Use the adaptive pace (--pace adaptive): the API's limits are far from used"
	}
	return tier
}
