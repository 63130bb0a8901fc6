package main

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

var everydayScenarios = []scenario{
	{"synchronous", synchronous},
	{"asynchronous", asynchronous},
	{"one-way", oneWay},
	{"batch", batch},
	{"tags", tags},
	{"restart", restart},
	{"rebalance", rebalance},
	{"too-large", tooLarge},
	{"delay-levels", delayLevels},
	{"delay-times", delayTimes},
	{"ordered", ordered},
	{"suspend", suspend},
	{"ordered-dead-letter", orderedDeadLetter},
	{"broadcast", broadcast},
	{"several-topics", severalTopics},
	{"unsubscribe", unsubscribe},
	{"pull", pull},
	{"from-last", fromLast},
	{"from-time", fromTime},
}

func synchronous(s site) error {
	_, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		return s.send(made, "synchronous ", 200)
	})
	return err
}

func asynchronous(s site) error {
	_, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var all sync.WaitGroup
		var bodies []string
		failures := make(chan error, 200)
		for i := 0; i < 200; i++ {
			body := fmt.Sprintf("asynchronous %d", i)
			bodies = append(bodies, body)
			all.Add(1)
			done := func(_ context.Context, result *primitive.SendResult, err error) {
				if err != nil {
					failures <- err
				} else if result.Status != primitive.SendOK {
					failures <- fmt.Errorf("not stored: %s", result)
				}
				all.Done()
			}
			if err := made.SendAsync(context.Background(), done, s.message("TagA", body)); err != nil {
				return nil, err
			}
		}
		all.Wait()
		select {
		case err := <-failures:
			return nil, err
		default:
			return bodies, nil
		}
	})
	return err
}

func oneWay(s site) error {
	_, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		bodies, err := s.send(made, "first ", 1)
		for i := 0; i < 100 && err == nil; i++ {
			body := fmt.Sprintf("one-way %d", i)
			bodies = append(bodies, body)
			err = made.SendOneWay(context.Background(), s.message("TagA", body))
		}
		return bodies, err
	})
	return err
}

func batch(s site) error {
	_, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var bodies []string
		var messages []*primitive.Message
		for i := 0; i < 50; i++ {
			bodies = append(bodies, fmt.Sprintf("batch %d", i))
			messages = append(messages, s.message("TagA", bodies[i]))
		}
		result, err := made.SendSync(context.Background(), messages...)
		if err == nil && len(strings.Split(result.OffsetMsgID, ",")) != 50 {
			err = fmt.Errorf("offset ids of 50 messages: %s", result.OffsetMsgID)
		}
		return bodies, err
	})
	return err
}

func tags(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		var wanted []string
		for i := 0; i < 60; i++ {
			tag := []string{"TagA", "TagB", "TagC"}[i%3]
			body := fmt.Sprintf("%s %d", tag, i)
			if _, err := store(made, s.message(tag, body)); err != nil {
				return err
			}
			if tag != "TagB" {
				wanted = append(wanted, body)
			}
		}
		_, err := s.expect(byTags("TagA || TagC"), wanted)
		return err
	})
}

func restart(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		for round := 0; round < 2; round++ {
			bodies, err := s.send(made, fmt.Sprintf("round %d ", round), 40)
			if err != nil {
				return err
			}
			into, reader, err := s.consume("*", fmt.Sprint(round))
			if err != nil {
				return err
			}
			err = into.expect(bodies)
			time.Sleep(300 * time.Millisecond)
			reader.Shutdown()
			if err != nil {
				return fmt.Errorf("round %d: %w", round, err)
			}
		}
		return nil
	})
}

func rebalance(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		bodies, err := s.send(made, "before ", 40)
		if err != nil {
			return err
		}
		first, firstReader, err := s.consume("*", "first")
		if err != nil {
			return err
		}
		defer firstReader.Shutdown()
		if err = first.expect(bodies); err != nil {
			return err
		}
		second, secondReader, err := s.consume("*", "second")
		if err != nil {
			return err
		}
		err = until(25*time.Second, func() bool {
			_, err := s.send(made, "shared ", 4)
			return err != nil || len(second.bodies()) >= 4
		})
		secondReader.Shutdown()
		if err != nil {
			return fmt.Errorf("the second one got %d: %w", len(second.bodies()), err)
		}
		before := len(first.bodies())
		err = until(25*time.Second, func() bool {
			_, err := s.send(made, "alone ", 4)
			return err != nil || len(first.bodies()) >= before+20
		})
		if err != nil {
			return fmt.Errorf("the first one alone got %d: %w", len(first.bodies())-before, err)
		}
		return nil
	})
}

func tooLarge(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		body := make([]byte, 5<<20)
		rand.New(rand.NewSource(1)).Read(body)
		message := primitive.NewMessage(s.topic, body)
		result, err := made.SendSync(context.Background(), message)
		if err == nil && result.Status == primitive.SendOK {
			return fmt.Errorf("5 MiB were stored: %s", result)
		}
		_, err = s.send(made, "still alive ", 5)
		return err
	})
}

// By level: none of them early, and late by no more than a busy machine may be.
func delayLevels(s site) error {
	return s.delayed([]int64{0, 1000, 5000}, func(message *primitive.Message, level int, _ int64) {
		if level > 0 {
			message.WithDelayTimeLevel(level)
		}
	})
}

// At a time; upstream's wheel turns once a second.
func delayTimes(s site) error {
	return s.delayed([]int64{1500, 2777, 4000}, func(message *primitive.Message, _ int, due int64) {
		message.WithDelayTimestamp(time.UnixMilli(due))
	})
}

func (s site) delayed(delaysMs []int64, how func(message *primitive.Message, at int, due int64)) error {
	due := map[string]int64{}
	into, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var bodies []string
		for at, ms := range delaysMs {
			for round := 0; round < 4; round++ {
				body := fmt.Sprintf("delay %d round %d", at, round)
				message := s.message("TagA", body)
				due[body] = time.Now().UnixMilli() + ms
				how(message, at, due[body])
				if _, err := store(made, message); err != nil {
					return nil, err
				}
				bodies = append(bodies, body)
			}
		}
		return bodies, nil
	})
	if err != nil {
		return err
	}
	for _, one := range into.all() {
		late := one.StoreTimestamp - due[string(one.Body)]
		if late < 0 || late > 4000 {
			return fmt.Errorf("%s came %d ms late", one.Body, late)
		}
	}
	return nil
}

// Who asks for messages itself.
func pull(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		bodies, err := s.send(made, "pull ", 40)
		if err != nil {
			return err
		}
		reader, err := rocketmq.NewPullConsumer(s.asReader("")...)
		if err != nil {
			return err
		}
		if err = reader.Subscribe(s.topic, byTags("*")); err != nil {
			return err
		}
		if err = reader.Start(); err != nil {
			return err
		}
		defer reader.Shutdown()
		into := &gathered{}
		err = until(30*time.Second, func() bool {
			polled, err := reader.Poll(context.Background(), time.Second)
			if err == nil {
				into.add(polled.GetMsgList())
				reader.ACK(context.Background(), polled, consumer.ConsumeSuccess)
			}
			return len(into.all()) >= len(bodies)
		})
		if err != nil {
			return fmt.Errorf("%d came: %w", len(into.all()), err)
		}
		return into.expect(bodies)
	})
}

func fromLast(s site) error {
	return s.from(false, consumer.WithConsumeFromWhere(consumer.ConsumeFromLastOffset))
}

func fromTime(s site) error {
	return s.from(true, consumer.WithConsumeFromWhere(consumer.ConsumeFromTimestamp))
}

// On the broker for which no message counts as in memory.
func (s site) from(late bool, where ...consumer.Option) error {
	if s.isApache {
		return skipped("Apache's broker looks into the page cache, where all young ones are")
	}
	s.nameServer = s.strict
	return s.prepared(func(made rocketmq.Producer) error {
		if _, err := s.send(made, "early ", 10); err != nil {
			return err
		}
		time.Sleep(2100 * time.Millisecond)
		between := time.Now().Format("20060102150405")
		time.Sleep(1100 * time.Millisecond)
		bodies, err := s.send(made, "late ", 10)
		if err != nil {
			return err
		}
		if !late {
			bodies = nil
		}
		into := &gathered{}
		reader, err := s.listen(into.hear, "", append(where, consumer.WithConsumeTimestamp(between))...)
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		time.Sleep(2 * time.Second)
		more, err := s.send(made, "new ", 10)
		if err != nil {
			return err
		}
		return into.expect(append(bodies, more...))
	})
}
