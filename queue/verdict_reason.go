package queue

// reason is why all is not well, in a word: what the request that waits longest waits for, where
// it is the pace or a limit; else a class of failures, or the row of the table of health.
func (j *judge) reason() string {
	if len(j.rows) == 0 {
		return ""
	}
	switch worst := j.rows[0]; worst.row {
	case rowUserWaits, rowCrowd, rowBackingUp:
		return j.reasonOfWaits(&j.health.rows[worst.row].explanation)
	case rowNetwork:
		return NetworkError.String()
	case rowKeys:
		return KeyRefused.String()
	case rowSpendCap:
		return SpendCap.String()
	case rowOverload:
		return Overloaded.String()
	case rowPause:
		return BlockedByPause
	case rowFailing, rowFailureRate:
		return j.health.cause(j.now).String()
	default:
		return worst.row.String()
	}
}

// reasonOfWaits is the reason of a row about waits.
func (j *judge) reasonOfWaits(why *explanation) string {
	switch {
	case why.reason == byFailures:
		return why.class.String()
	case why.reason == byPause, why.reason == afterPause:
		return BlockedByPause
	case j.arrivals.Len > 0:
		if b := j.binding(j.arrivals.First.Item.lane); b != nil {
			return b.Kind
		}
	}
	return j.timeline.said.cause
}
