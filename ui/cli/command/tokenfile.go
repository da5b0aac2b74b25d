package command

import (
	"os"
	"path/filepath"
	"strings"

	"paceline/queue"
	"paceline/queue/access"
)

// TokensVariable is where the path of the file of tokens comes from when no flag
// gives one.
const TokensVariable = "PACELINE_TOKENS"

// TokensHint says in the help where the tokens are, whoever asks for it.
const TokensHint = "paceline/tokens.json in the user's folder for settings"

// TokenFile returns the file of tokens: the flag's, else the environment's, else
// the user's own.
func (a *App) TokenFile(flag string) (access.TokenFile, error) {
	if flag == "" {
		flag = a.Getenv(TokensVariable)
	}
	if flag != "" {
		return access.TokenFile(flag), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", Failf("there is no folder to keep tokens in (%v): say where with --tokens FILE", err)
	}
	return access.TokenFile(filepath.Join(dir, "paceline", "tokens.json")), nil
}

// TokenFailed says in a sentence why tokens could not be read or changed.
func TokenFailed(err error) error {
	return Failf("%s", queue.Escape(strings.TrimPrefix(err.Error(), "access: ")))
}
