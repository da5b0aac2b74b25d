package queue

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// The bounds of a file of model groups.
const (
	maxGroupFile  = 1 << 20 // bytes
	maxFileModels = 10_000
)

// ReadModelGroups reads groups of models that share limits, one a line:
//
//	# name: models
//	opus-4: claude-opus-4-5 claude-opus-4-6 claude-opus-4-7 claude-opus-4-8
//	fable-5: claude-fable-5 claude-fable-5-x
//
// Names and models have letters, digits, dots, dashes and underscores; -x stands for all
// minor versions. Empty lines, and what follows a #, are left out. An error tells the line.
func ReadModelGroups(r io.Reader) (ModelGroups, error) {
	groups, names := ModelGroups{}, map[string]int{}
	lines := bufio.NewScanner(io.LimitReader(r, maxGroupFile))
	number := 0
	for lines.Scan() {
		number++
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if err := groups.addLine(text, number, names); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("no line has a group: write one as %s", groupExample)
	}
	return groups, nil
}

const groupExample = "opus-4: claude-opus-4-7 claude-opus-4-8"

// addLine adds the group of a line; names has the lines of those before it.
func (g ModelGroups) addLine(text string, number int, names map[string]int) error {
	name, rest, ok := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	models := strings.Fields(rest)
	_, fast := CutFast(name)
	switch {
	case !ok || len(models) == 0:
		return fmt.Errorf("want a name, a colon and models, as in %s", groupExample)
	case !plainGroup(name):
		return fmt.Errorf("the name %q must have only letters, digits, dots, dashes and underscores", name)
	case name == OtherModels || fast:
		return fmt.Errorf("the name %q is taken: choose another", name)
	case names[name] > 0:
		return fmt.Errorf("the group %s is on line %d already: put its models on one line", name, names[name])
	}
	names[name] = number
	for _, model := range models {
		short := ModelName(model)
		_, fast := CutFast(short)
		switch {
		case !plainGroup(model):
			return fmt.Errorf("the model %q must have only letters, digits, dots, dashes and underscores", model)
		case fast:
			return fmt.Errorf("leave %s out: the fast mode of a model is grouped as the model is", model)
		case g[short] != "":
			return fmt.Errorf("the model %s is in the group %s already", model, g[short])
		case len(g) >= maxFileModels:
			return fmt.Errorf("there are more than %d models", maxFileModels)
		}
		g[short] = name
	}
	return nil
}

// plainGroup reports whether a name is short, and has only letters, digits, dots, dashes
// and underscores.
func plainGroup(name string) bool {
	return name != "" && len(name) <= maxModelName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}
