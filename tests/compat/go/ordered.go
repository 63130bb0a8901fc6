package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Numbered messages per key, and whether consumers see them in order.
type sequences struct {
	lock     sync.Mutex
	sent     map[string]int
	seen     map[string]int
	problems []string
}

func newSequences() *sequences {
	return &sequences{sent: map[string]int{}, seen: map[string]int{}}
}

func (s *sequences) hear(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, one := range messages {
		var key string
		var number int
		fmt.Sscanf(string(one.Body), "%s %d", &key, &number)
		if number > s.seen[key] {
			problem := fmt.Sprintf("%s: %d came when %d was due", key, number, s.seen[key])
			s.problems = append(s.problems, problem)
		}
		if number >= s.seen[key] {
			s.seen[key] = number + 1
		}
	}
	return consumer.ConsumeSuccess, nil
}

func (s *sequences) isComplete() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	for key, count := range s.sent {
		if s.seen[key] != count {
			return false
		}
	}
	return true
}

func (s *sequences) expect(limit time.Duration) error {
	if err := until(limit, s.isComplete); err != nil {
		return fmt.Errorf("sent %v, seen %v: %w", s.sent, s.seen, err)
	}
	if len(s.problems) > 0 {
		return fmt.Errorf("%s", strings.Join(s.problems, "\n"))
	}
	return nil
}

// Sends each key's messages to one queue.
func hashing() producer.Option {
	return producer.WithQueueSelector(producer.NewHashQueueSelector())
}

func (s site) sendNumbered(made rocketmq.Producer, into *sequences, count int) error {
	for i := 0; i < count; i++ {
		key := fmt.Sprintf("key%d", i%10)
		body := fmt.Sprintf("%s %d", key, into.sent[key])
		if _, err := store(made, s.message("TagA", body).WithShardingKey(key)); err != nil {
			return err
		}
		into.lock.Lock()
		into.sent[key]++
		into.lock.Unlock()
	}
	return nil
}

func ordered(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		into := newSequences()
		if err := s.sendNumbered(made, into, 100); err != nil {
			return err
		}
		for i := 0; i < 2; i++ {
			reader, err := s.listen(into.hear, fmt.Sprint(i), consumer.WithConsumerOrder(true))
			if err != nil {
				return err
			}
			defer reader.Shutdown()
			if err = s.sendNumbered(made, into, 200); err != nil {
				return err
			}
		}
		return into.expect(60 * time.Second)
	}, hashing())
}

// One message that is given back `most` times, or for good where that is below zero; gives how
// often it was tried. All others come once, in order.
type suspended struct {
	body    string
	most    int
	pauseMs int
}

func (s site) suspending(count int, one suspended, more ...consumer.Option) (int, error) {
	tries := 0
	err := s.withProducer(func(made rocketmq.Producer) error {
		into := newSequences()
		if err := s.sendNumbered(made, into, count); err != nil {
			return err
		}
		hear := func(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			isIt := string(messages[0].Body) == one.body
			if isIt {
				tries++
			}
			goesBack := isIt && (one.most < 0 || tries <= one.most)
			if !goesBack || one.most < 0 {
				into.hear(ctx, messages...)
			}
			if !goesBack {
				return consumer.ConsumeSuccess, nil
			}
			if order, ok := primitive.GetOrderlyCtx(ctx); ok {
				order.SuspendCurrentQueueTimeMillis = one.pauseMs
			}
			return consumer.SuspendCurrentQueueAMoment, nil
		}
		reader, err := s.listen(hear, "", append(more, consumer.WithConsumerOrder(true))...)
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		return into.expect(30 * time.Second)
	}, hashing())
	return tries, err
}

func suspend(s site) error {
	tries, err := s.suspending(100, suspended{"key3 4", 3, 300})
	if err == nil && tries != 4 {
		err = fmt.Errorf("tried %d times, expected 4", tries)
	}
	return err
}

// What fails too often goes to the dead letters, and its queue goes on.
func orderedDeadLetter(s site) error {
	tries, err := s.suspending(40, suspended{"key3 2", -1, 100}, consumer.WithMaxReconsumeTimes(2))
	if err != nil {
		return err
	}
	// This client counts to one more than Java's.
	if tries != 4 {
		return fmt.Errorf("tried %d times, expected 4", tries)
	}
	return s.areDead([]string{"key3 2"})
}

func broadcast(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		if _, err := s.send(made, "before ", 1); err != nil {
			return err
		}
		gatherers := []*gathered{{}, {}}
		for i, into := range gatherers {
			into := into
			hear := func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
				for _, one := range messages {
					if strings.HasPrefix(string(one.Body), "each ") {
						into.add([]*primitive.MessageExt{one})
					}
				}
				return consumer.ConsumeSuccess, nil
			}
			reader, err := s.listen(hear, fmt.Sprint(i), consumer.WithConsumerModel(consumer.BroadCasting))
			if err != nil {
				return err
			}
			defer reader.Shutdown()
		}
		time.Sleep(2 * time.Second)
		bodies, err := s.send(made, "each ", 40)
		for _, into := range gatherers {
			if err == nil {
				err = into.expect(bodies)
			}
		}
		return err
	})
}

func severalTopics(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		into := &gathered{}
		reader, err := s.reader("")
		if err != nil {
			return err
		}
		var bodies []string
		for _, tag := range []string{"A", "B", "C"} {
			one := s
			one.topic = s.topic + tag
			sent, err := one.send(made, tag, 20)
			if err != nil {
				return err
			}
			bodies = append(bodies, sent...)
			if err = reader.Subscribe(one.topic, byTags("*"), into.hear); err != nil {
				return err
			}
		}
		if err = reader.Start(); err != nil {
			return err
		}
		defer reader.Shutdown()
		return into.expect(bodies)
	})
}

// What is sent to a topic that is no longer wanted stays there.
func unsubscribe(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		other := s.as(s.topic+"_other", s.group)
		into := &gathered{}
		reader, err := s.reader("")
		if err != nil {
			return err
		}
		var bodies []string
		for _, one := range []site{s, other} {
			sent, err := one.send(made, one.topic, 10)
			if err == nil {
				err = reader.Subscribe(one.topic, byTags("*"), into.hear)
			}
			if err != nil {
				return err
			}
			bodies = append(bodies, sent...)
		}
		if err = reader.Start(); err != nil {
			return err
		}
		defer reader.Shutdown()
		if err = into.expect(bodies); err != nil {
			return err
		}
		if err = reader.Unsubscribe(other.topic); err != nil {
			return err
		}
		time.Sleep(25 * time.Second) // it looks at its queues every twenty
		if _, err = other.send(made, "unwanted ", 10); err != nil {
			return err
		}
		more, err := s.send(made, "wanted ", 10)
		if err != nil {
			return err
		}
		return into.expect(append(bodies, more...))
	})
}
