package cli

import (
	"os"
	"paceline/queue"
	"paceline/queue/access"
	"path/filepath"
	"strings"
)

// tokensVariable is where the path of the file of tokens comes from when no flag
// gives one.
const tokensVariable = "PACELINE_TOKENS"

// tokensHint says in the help where the tokens are, whoever asks for it.
const tokensHint = "paceline/tokens.json in the user's folder for settings"

// tokenFile returns the file of tokens: the flag's, else the environment's, else
// the user's own.
func (a *app) tokenFile(flag string) (access.TokenFile, error) {
	if flag == "" {
		flag = a.getenv(tokensVariable)
	}
	if flag != "" {
		return access.TokenFile(flag), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", failf("there is no folder to keep tokens in (%v): say where with --tokens FILE", err)
	}
	return access.TokenFile(filepath.Join(dir, "paceline", "tokens.json")), nil
}

// tokenFailed says in a sentence why tokens could not be read or changed.
func tokenFailed(err error) error {
	return failf("%s", queue.Escape(strings.TrimPrefix(err.Error(), "access: ")))
}
