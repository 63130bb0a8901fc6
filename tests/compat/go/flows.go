package main

import (
	"context"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// What this client sees of a broker that cannot keep up, and of one whose disk is full.
var flowScenarios = []scenario{
	{"busy", busy},
	{"disk-has-room", diskHasRoom},
	{"disk-full", diskFull},
}

const senders = 8

func mustSay(pattern string, err error) error {
	if err == nil || !regexp.MustCompile("(?is)"+pattern).MatchString(err.Error()) {
		return fmt.Errorf("not refused in these words, %s, but: %w", pattern, err)
	}
	return nil
}

// Many send large messages at once, until one is refused; a client that tries again is not.
func busy(s site) error {
	if err := s.createTopic(false); err != nil {
		return err
	}
	var refusal error
	err := s.withProducer(func(made rocketmq.Producer) error {
		// Alone: this client knows a topic's route a moment before the address of its broker, and a
		// second sender who comes in between finds none.
		if _, refusal = s.send(made, "first ", 1); refusal != nil {
			return nil
		}
		failures := make(chan error, senders)
		var isOver atomic.Bool
		for i := 0; i < senders; i++ {
			go func() {
				for !isOver.Load() {
					message := primitive.NewMessage(s.topic, make([]byte, 1<<20))
					if _, err := made.SendSync(context.Background(), message); err != nil {
						isOver.Store(true)
						failures <- err
					}
				}
			}()
		}
		defer isOver.Store(true)
		select {
		case refusal = <-failures:
			return nil
		case <-time.After(60 * time.Second):
			return fmt.Errorf("nobody was refused")
		}
	}, producer.WithRetry(0))
	if err != nil {
		return err
	}
	words := `^CODE: 2, .*start flow control for a while, period in queue: \d+ms, size of queue: \d+`
	if err = mustSay(words, refusal); err != nil {
		return err
	}
	time.Sleep(time.Second)
	return s.withProducer(func(made rocketmq.Producer) error {
		_, err := s.send(made, "small ", 5)
		return err
	}, producer.WithRetry(10))
}

// It has room, or has it again: what is sent is there to be read.
func diskHasRoom(s site) error {
	if err := s.createTopic(false); err != nil {
		return err
	}
	return s.withProducer(func(made rocketmq.Producer) error {
		if _, err := s.send(made, "room ", 1); err != nil {
			return err
		}
		return s.canRead()
	})
}

// Messages of the topic come, from the first on.
func (s site) canRead() error {
	s.group = fmt.Sprintf("%s_%d", s.group, time.Now().UnixNano())
	into := &gathered{}
	reader, err := s.listen(into.hear, "", consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err != nil {
		return err
	}
	defer reader.Shutdown()
	return until(20*time.Second, func() bool { return len(into.all()) > 0 })
}

// Nothing is taken, and the client learns how full it is; what there is can be read.
func diskFull(s site) error {
	s.topic = "go_topic_disk-has-room"
	return s.withProducer(func(made rocketmq.Producer) error {
		_, err := made.SendSync(context.Background(), s.message("TagA", "no room"))
		words := `^CODE: 14, .*the broker's disk is full.*9\d\.\d % full, \d+ MiB free.* up to 90 %`
		if s.isApache {
			words = `^CODE: 14, .*the broker's disk is full.*CL: +(0\.9\d|1\.00)`
		}
		if err = mustSay(words, err); err != nil {
			return err
		}
		return s.canRead()
	})
}
