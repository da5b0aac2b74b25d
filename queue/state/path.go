package state

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
)

const maxName = 100 // bytes of a file's name

// Path returns the default path of the state called name:
// $XDG_STATE_HOME/paceline/NAME.json, or instead of that directory ~/.local/state,
// on macOS ~/Library/Application Support, on Windows %LocalAppData%. Other
// characters than letters, digits, dots and dashes become underscores. env reads
// the environment. It is an error if the environment has no absolute directory, or
// if name is empty.
func Path(env func(string) string, name string) (string, error) {
	return pathOn(runtime.GOOS, env, name)
}

func pathOn(system string, env func(string) string, name string) (string, error) {
	if name == "" {
		return "", errors.New("state: the file has no name")
	}
	dir, variable := env("XDG_STATE_HOME"), "HOME"
	if !filepath.IsAbs(dir) { // the XDG specification: ignore it
		below := []string{".local", "state"}
		switch system {
		case "darwin":
			below = []string{"Library", "Application Support"}
		case "windows":
			variable, below = "LocalAppData", nil
		}
		dir = env(variable)
		if !filepath.IsAbs(dir) {
			return "", errors.New("state: " + variable + " does not tell a directory")
		}
		dir = filepath.Join(append([]string{dir}, below...)...)
	}
	return filepath.Join(dir, "paceline", fileName(name)+".json"), nil
}

// fileName returns name as every file system accepts it, also one that ignores
// case.
func fileName(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		default:
			return '_'
		}
	}, name)
	if name[0] == '.' || name[0] == '-' { // a hidden file, or a flag to other programs
		name = "_" + name
	}
	return name[:min(len(name), maxName)]
}
