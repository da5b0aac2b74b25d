package cli

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// page is a text that grows line by line.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// wrapped joins parts into lines of at most width cells, breaking between parts.
func wrapped(parts []string, separator string, width int) []string {
	var lines []string
	for _, part := range parts {
		last := len(lines) - 1
		if last >= 0 && ansi.StringWidth(lines[last]+separator+part) <= width {
			lines[last] += separator + part
		} else {
			lines = append(lines, part)
		}
	}
	return lines
}
