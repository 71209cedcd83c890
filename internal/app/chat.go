package app

import (
	"time"

	"morag/internal/ask"
	"morag/internal/chat"
	"morag/internal/config"
)

// newChat is the model that answers questions, nil when none is set.
func newChat(set config.Chat) ask.Chat {
	if set.ChatURL == "" {
		return nil
	}
	return chat.New(chat.Config{URL: set.ChatURL, APIKey: set.ChatAPIKey, Model: set.ChatModel, Timeout: time.Duration(set.ChatTimeout)})
}
