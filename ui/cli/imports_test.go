package cli_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Who may import whom. .golangci.yml says the same to the linter; here it holds
// wherever the tests run.

// mayImport reports whether the code of a folder may import a package.
func mayImport(folder, path string) bool {
	standard := !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") && !ours(path)
	switch folder {
	case ".":
		return standard || path == "paceline/ui/cli"
	case "queue":
		return standard || strings.HasPrefix(path, "paceline/queue/internal/")
	case "queue/access", "queue/state":
		return standard || path == "paceline/queue" || path == "github.com/gofrs/flock"
	case "queue/sim":
		return standard || path == "paceline/queue"
	case "queue/replay":
		return standard || path == "paceline/queue" || path == "paceline/queue/sim" || path == "golang.org/x/time/rate"
	case "queue/advice":
		return standard || path == "paceline/queue" || path == "paceline/queue/sim" || path == "paceline/queue/replay"
	case "queue/api":
		return standard || path == "paceline/queue" || strings.HasPrefix(path, "github.com/prometheus/")
	case "client":
		return standard || path == "paceline/queue"
	case "ui":
		return !ours(path) || path == "paceline/client" || path == "paceline/queue"
	case "ui/cli":
		return true
	}
	if strings.HasPrefix(folder, "queue/internal/") {
		return standard
	}
	theirs := !ours(path) && !strings.HasPrefix(path, "charm.land/") // the screen is drawn in ui
	switch room, _, _ := strings.Cut(folder, "/"); room {
	case "queue":
		return theirs || path == "paceline/queue"
	case "client":
		return theirs || path == "paceline/queue" || path == "paceline/client"
	default:
		return false // a room that the house does not have
	}
}

func ours(path string) bool { return path == "paceline" || strings.HasPrefix(path, "paceline/") }

// banned reports whether nothing here may import a package, tests included.
func banned(path string) bool {
	for _, old := range []string{"bubbletea", "bubbles", "lipgloss"} {
		if path == "github.com/charmbracelet/"+old || strings.HasPrefix(path, "github.com/charmbracelet/"+old+"/") {
			return true // version 1
		}
	}
	return path == "charm.land/lipgloss/v2/compat"
}

func TestTheRulesOfImports(t *testing.T) {
	for _, c := range []struct {
		folder, path string
		may          bool
	}{
		{"queue", "time", true},
		{"queue", "encoding/json", true},
		{"queue", "golang.org/x/time/rate", false},
		{"queue", "paceline/client", false},
		{"queue", "paceline/queue/internal/limiter", true},
		{"queue", "paceline/queue/sim", false},
		{"queue/internal/limiter", "math", true},
		{"queue/internal/limiter", "paceline/queue", false},
		{"queue/internal/limiter", "golang.org/x/time/rate", false},
		{"queue/gateway", "paceline/queue/internal/limiter", false},
		{"queue/access", "paceline/queue", true},
		{"queue/access", "golang.org/x/crypto/bcrypt", false},
		{"queue/access", "paceline/queue/api", false},
		{"queue/api", "paceline/queue", true},
		{"queue/api", "github.com/spf13/cobra", false},
		{"queue/api", "github.com/prometheus/client_golang/prometheus", true},
		{"queue/access", "github.com/prometheus/client_golang/prometheus", false},
		{"queue/sim", "paceline/queue/api", false},
		{"queue/state", "paceline/queue", true},
		{"queue/replay", "paceline/queue/sim", true},
		{"queue/replay", "paceline/queue/api", false},
		{"queue/advice", "paceline/queue/replay", true},
		{"queue/advice", "paceline/queue/gateway", false},
		{"queue/state", "github.com/spf13/cobra", false},
		{"queue/fleet", "github.com/redis/go-redis/v9", true},
		{"queue/fleet", "paceline/queue/gateway", false},
		{"queue/fleet", "charm.land/lipgloss/v2", false},
		{"client", "paceline/queue", true},
		{"client", "paceline/queue/sim", false},
		{"client/loadtest", "paceline/client", true},
		{"client/loadtest", "paceline/ui", false},
		{"ui", "paceline/client", true},
		{"ui", "paceline/queue", true},
		{"ui", "charm.land/bubbletea/v2", true},
		{"ui", "paceline/queue/sim", false},
		{"ui", "paceline/ui/cli", false},
		{"ui/cli", "paceline/queue/sim", true},
		{".", "paceline/ui/cli", true},
		{".", "paceline/queue", false},
		{"internal/util", "fmt", false},
	} {
		if got := mayImport(c.folder, c.path); got != c.may {
			t.Errorf("%s imports %s: got allowed %v, want %v", c.folder, c.path, got, c.may)
		}
	}
	for path, want := range map[string]bool{
		"github.com/charmbracelet/lipgloss":       true,
		"github.com/charmbracelet/bubbles/table":  true,
		"charm.land/lipgloss/v2/compat":           true,
		"charm.land/lipgloss/v2":                  false,
		"github.com/charmbracelet/x/ansi":         false,
		"github.com/charmbracelet/bubbletea/tea2": true,
	} {
		if got := banned(path); got != want {
			t.Errorf("%s: got banned %v, want %v", path, got, want)
		}
	}
}

func TestImportsKeepToTheRules(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(name))
		seen[folder] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if banned(path) || !strings.HasSuffix(file, "_test.go") && !mayImport(folder, path) {
				t.Errorf("%s imports %s: it may not", name, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{".", "queue", "queue/access", "queue/api", "queue/sim", "queue/state", "client", "ui", "ui/cli"} {
		if !seen[folder] {
			t.Errorf("%s: not looked at", folder)
		}
	}
}

func TestNoVersion1OfTheScreenLibraries(t *testing.T) {
	sums, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sums)) {
		module := strings.Fields(line)[0]
		if slices.Contains([]string{
			"github.com/charmbracelet/bubbletea", "github.com/charmbracelet/bubbles", "github.com/charmbracelet/lipgloss",
		}, module) {
			t.Errorf("go.sum: got %s, want charm.land/…/v2 only", module)
		}
	}
}
