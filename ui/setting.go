package ui

import (
	"paceline/client"
	"paceline/queue"
)

// setting is a row of the table of settings as it is shown, typed and stepped. Its
// values are in the unit of the wire.
type setting struct{ queue.Setting }

// settingRows returns those that a server tells, in the order of the table.
func settingRows(s client.Settings) []setting {
	var rows []setting
	for _, row := range s.Rows() {
		rows = append(rows, setting{row})
	}
	return rows
}

// limitWords says the range beside the values of other settings, and whose the bounds
// are: "from 0 s to 10 s (maxDelay)".
func (s setting) limitWords(others func(name string) (float64, bool)) string {
	low, high := s.Range(others)
	words := "from " + s.write(low)
	if _, known := others(s.Floor); known {
		words += " (" + s.Floor + ")"
	}
	words += " to " + s.write(high)
	if _, known := others(s.Ceiling()); known {
		words += " (" + s.Ceiling() + ")"
	}
	return words
}
