package queue

import "time"

// since is when levels began, for those who look: of the rows of the table of health, and of
// the verdict. The zero since is of levels that have never been another than healthy.
type since struct {
	rows    [verdictRows]levelSince // by the name on the wire, see [verdictRow.onWire]
	verdict levelSince
	known   bool // the verdict has been another, or the health has begun anew
}

// levelSince is a level, and when it began.
type levelSince struct {
	level level
	at    time.Duration
}

// take takes the level at now, and reports whether it is another one than before.
func (s *levelSince) take(now time.Duration, l level) bool {
	if l == s.level {
		return false
	}
	*s = levelSince{l, now}
	return true
}

// take takes the verdict at now, with the findings that are shown.
func (s *since) take(now time.Duration, v level, shown []shownFinding) {
	var levels [verdictRows]level
	for _, f := range shown {
		levels[f.row.onWire()] = f.level
	}
	for row, l := range levels {
		s.rows[row].take(now, l)
	}
	s.known = s.verdict.take(now, v) || s.known
}

// onWire returns the row that stands for this one on the wire: the two of long waits are one
// there, for it is the same to whoever waits.
func (r verdictRow) onWire() verdictRow {
	if r == rowCrowd {
		return rowUserWaits
	}
	return r
}
