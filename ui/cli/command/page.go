package command

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Page is a text that grows line by line.
type Page struct{ strings.Builder }

// Line appends a line.
func (p *Page) Line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// Wrap joins parts into lines of at most width cells, breaking between parts.
func Wrap(parts []string, separator string, width int) []string {
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
