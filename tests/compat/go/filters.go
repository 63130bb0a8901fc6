package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Filters by SQL92, and bodies that this client compresses.
var filterScenarios = []scenario{
	{"sql-push", sqlPush},
	{"compressed-sql", compressedSql},
	{"tags-collide", tagsCollide},
	{"batched-topic", batchedTopic},
}

func bySql(expression string) consumer.MessageSelector {
	return consumer.MessageSelector{Type: consumer.SQL92, Expression: expression}
}

// A topic of type BatchCQ. This client gives a batch no key, which makes it messages of their own.
func batchedTopic(s site) error {
	batched := fields{"attributes": "+queue.type=BatchCQ", "readQueueNums": 1, "writeQueueNums": 1}
	if err := s.createTopicAt([]string{"broker-a"}, batched); err != nil {
		return err
	}
	offsets := map[string]int64{}
	into, err := s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var bodies []string
		for at, prefix := range []string{"first ", "second "} {
			var batch []*primitive.Message
			for i := 0; i < 3; i++ {
				body := fmt.Sprintf("%s%d", prefix, i)
				bodies = append(bodies, body)
				offsets[body] = int64(4*at + i)
				batch = append(batch, s.message("TagA", body))
			}
			if _, err := made.SendSync(context.Background(), batch...); err != nil {
				return nil, err
			}
			single, err := s.send(made, prefix+"single ", 1)
			if err != nil {
				return nil, err
			}
			bodies = append(bodies, single...)
			offsets[single[0]] = int64(4*at + 3)
		}
		return bodies, nil
	})
	if err != nil {
		return err
	}
	for _, one := range into.all() {
		if offset := offsets[string(one.Body)]; one.QueueOffset != offset {
			return fmt.Errorf("%s is at %d, not %d", one.Body, one.QueueOffset, offset)
		}
	}
	return nil
}

// Half of the messages are there before the consumer, half come while it waits.
func sqlPush(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		var wanted []string
		send := func(from, to int) error {
			for i := from; i < to; i++ {
				body := fmt.Sprintf("message %d", i)
				message := s.message([]string{"TagA", "TagB", "TagC"}[i%3], body)
				message.WithProperty("a", strconv.Itoa(i))
				if i%2 == 0 {
					message.WithProperty("even", "yes")
				}
				if _, err := store(made, message); err != nil {
					return err
				}
				if i%2 == 0 && i%3 < 2 && i > 5 {
					wanted = append(wanted, body)
				}
			}
			return nil
		}
		if err := send(0, 30); err != nil {
			return err
		}
		some := bySql("even = 'yes' AND TAGS IN ('TagA', 'TagB') AND a > 5")
		into, reader, err := s.gather(some, "")
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		if err = into.expect(wanted); err != nil {
			return err
		}
		if err = send(30, 60); err != nil {
			return err
		}
		return into.expect(wanted)
	})
}

func compressedSql(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		var wanted []string
		for i := 0; i < 10; i++ {
			body := strings.Repeat(fmt.Sprintf("body %d ", i), 10_000)
			message := primitive.NewMessage(s.topic, []byte(body))
			message.WithProperty("i", strconv.Itoa(i))
			if _, err := store(made, message); err != nil {
				return err
			}
			if i >= 5 {
				wanted = append(wanted, body)
			}
		}
		into, err := s.expect(bySql("i >= 5"), wanted)
		if err != nil {
			return err
		}
		for _, one := range into.all() {
			if !bytes.HasPrefix(one.Body, []byte("body ")) || one.StoreSize > 20_000 {
				return fmt.Errorf("%s takes %d bytes: it was not compressed", one.MsgId, one.StoreSize)
			}
		}
		return nil
	}, producer.WithCompressMsgBodyOverHowmuch(2048))
}

// "Aa" and "BB" have one hash: the broker gives both, the client knows them apart.
func tagsCollide(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		var wanted []string
		for i := 0; i < 12; i++ {
			body := fmt.Sprintf("message %d", i)
			tag := []string{"Aa", "BB", "C"}[i%3]
			if _, err := store(made, s.message(tag, body)); err != nil {
				return err
			}
			if tag == "Aa" {
				wanted = append(wanted, body)
			}
		}
		_, err := s.expect(byTags("Aa"), wanted)
		return err
	})
}
