package compat;

import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** What must not work, and how the client learns of it. */
final class Refusing {
  private Refusing() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("listener-fails-once", Refusing::listenerFailsOnce);
    scenarios.put("unknown-topic", Refusing::unknownTopic);
    scenarios.put("too-large", Refusing::tooLarge);
    scenarios.put("queue-out-of-range", Refusing::queueOutOfRange);
  }

  /** The attempt must fail by the broker's word, with this code and a sentence. */
  static MQBrokerException refused(String what, int code, Check.Attempt attempt) {
    Throwable failure = Check.failure(what, attempt);
    while (failure != null && !(failure instanceof MQBrokerException)) {
      failure = failure.getCause();
    }
    Check.that(failure != null, what + " failed, but not by the broker's word");
    MQBrokerException refusal = (MQBrokerException) failure;
    Check.same("code of " + refusal.getErrorMessage(), code, refusal.getResponseCode());
    Check.that(refusal.getErrorMessage() != null && refusal.getErrorMessage().length() > 10,
        "a refusal without a sentence: " + refusal);
    return refusal;
  }

  private static void unknownTopic(Site site) throws Exception {
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Throwable failure = Check.failure("an unknown topic", () ->
        producer.send(site.message("TagA", "nowhere")));
    Check.that(failure instanceof MQClientException, "" + failure);
    Check.that(failure.getMessage().contains("No route info of this topic"), "" + failure);
  }

  private static void tooLarge(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    producer.setMaxMessageSize(16 << 20);
    producer.setCompressMsgBodyOverHowmuch(1 << 30);
    byte[] body = new byte[5 << 20];
    new Random(1).nextBytes(body);
    refused("a body of 5 MiB", 13, () -> producer.send(new Message(site.topic, body)));
    refused("a property of 40,000 characters", 13, () -> {
      Message message = site.message("TagA", "small");
      message.putUserProperty("long", "x".repeat(40_000));
      return producer.send(message);
    });
    Set<String> bodies = site.send(producer, "still alive ", 10);
    site.collect("*").expect(bodies, 15_000);
  }

  private static void queueOutOfRange(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 2).get(0);
    MessageQueue absent = new MessageQueue(queue.getTopic(), queue.getBrokerName(), 99);
    refused("queue 99", 29, () -> producer.send(site.message("TagA", "nowhere"), absent));
  }

  /** RECONSUME_LATER: the message comes again, by the broker or by the client itself. */
  private static void listenerFailsOnce(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    AtomicInteger failures = new AtomicInteger();
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", (messages, context) -> {
      for (MessageExt one : messages) {
        if (Collector.text(one).endsWith(" 3") && failures.getAndIncrement() == 0) {
          return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        }
      }
      collector.add(messages);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.setPollNameServerInterval(2000);
    consumer.start();
    Set<String> bodies = site.send(producer, "listener ", 10);
    collector.expect(bodies, 30_000);
    Check.same("attempts", 2, failures.get());
  }
}
