package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Messages that are not consumed at the first try, and requests that are answered, on a broker whose
 * delay levels are a second each. Arguments as those of Suite.
 */
public final class RetrySuite {
  private static final ConsumeConcurrentlyStatus LATER = ConsumeConcurrentlyStatus.RECONSUME_LATER;
  private static final ConsumeConcurrentlyStatus DONE = ConsumeConcurrentlyStatus.CONSUME_SUCCESS;

  private RetrySuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> retries = new LinkedHashMap<>();
    retries.put("again-then-dead", RetrySuite::againThenDead);
    retries.put("given-up-at-once", RetrySuite::givenUp);
    retries.put("some-of-a-batch", RetrySuite::someOfABatch);
    retries.put("record-gone", RetrySuite::recordGone);
    retries.put("consumer-dies", RetrySuite::consumerDies);
    retries.put("request-reply", RetrySuite::requestReply);
    retries.put("reply-to-gone", RetrySuite::replyToGone);
    Suite.play(retries, arguments);
  }

  private static DefaultMQPushConsumer push(Site site, MessageListenerConcurrently listener)
      throws Exception {
    DefaultMQPushConsumer consumer = site.push("*", listener);
    consumer.setPollNameServerInterval(1000);
    return consumer;
  }

  /** It is with the group's dead letters, and nothing else is. */
  private static void isDead(Site site, SendResult sent, String body, int tries)
      throws Exception {
    Collector all = site.readerOf("%DLQ%" + site.group);
    all.expect(Set.of(body), 40_000);
    MessageExt dead = all.all().get(0);
    Check.same("topic of the dead", "%DLQ%" + site.group, dead.getTopic());
    Check.same("its own topic", site.topic, dead.getProperty("RETRY_TOPIC"));
    Check.same("its first id", sent.getOffsetMsgId(), dead.getProperty("ORIGIN_MESSAGE_ID"));
    Check.same("its unique key", sent.getMsgId(), dead.getProperty("UNIQ_KEY"));
    Check.same("tries of the dead", tries, dead.getReconsumeTimes());
    Check.same("tags of the dead", "TagA", dead.getTags());
  }

  /** Tried at once, twice more, each time counted; then with the dead letters. */
  private static void againThenDead(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(2);
    Collector tries = new Collector();
    DefaultMQPushConsumer consumer = push(site, (messages, context) -> {
      tries.add(messages);
      return LATER;
    });
    consumer.setMaxReconsumeTimes(2);
    consumer.start();
    String body = "poison of " + System.currentTimeMillis();
    SendResult sent = Site.stored(producer.send(site.message("TagA", body)));
    Check.until(40_000, () -> tries.count() + " tries", () -> tries.count() >= 3);
    List<Integer> counts = new ArrayList<>();
    long before = 0;
    for (MessageExt one : tries.all()) {
      counts.add(one.getReconsumeTimes());
      Check.same("topic as the listener sees it", site.topic, one.getTopic());
      Check.same("id", sent.getMsgId(), one.getMsgId());
      Check.same("body", body, Collector.text(one));
      if (one.getReconsumeTimes() > 0) {
        Check.same("origin", sent.getOffsetMsgId(), one.getProperty("ORIGIN_MESSAGE_ID"));
        long waited = one.getStoreTimestamp() - before;
        Check.that(waited >= 1000, "tried again after " + waited + " ms");
      }
      before = one.getStoreTimestamp();
    }
    Check.same("tries", List.of(0, 1, 2), counts);
    isDead(site, sent, body, 3);
    Thread.sleep(2000);
    Check.same("tries in the end", 3, tries.count());
  }

  private static void givenUp(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(1);
    Collector tries = new Collector();
    push(site, (messages, context) -> {
      tries.add(messages);
      context.setDelayLevelWhenNextConsume(-1);
      return LATER;
    }).start();
    String body = "hopeless of " + System.currentTimeMillis();
    SendResult sent = Site.stored(producer.send(site.message("TagA", body)));
    Check.until(20_000, () -> "not tried", () -> tries.count() >= 1);
    isDead(site, sent, body, 1);
    Thread.sleep(2000);
    Check.same("tries", 1, tries.count());
  }

  /** Of what a listener is given at once, the rest after its acknowledged part comes again. */
  private static void someOfABatch(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(1);
    Set<String> bodies = site.send(producer, "part ", 40);
    Collector first = new Collector();
    Collector again = new Collector();
    DefaultMQPushConsumer consumer = push(site, (messages, context) -> {
      boolean isFirst = messages.get(0).getReconsumeTimes() == 0;
      (isFirst ? first : again).add(messages);
      if (isFirst) context.setAckIndex(messages.size() / 2 - 1);
      return DONE;
    });
    consumer.setConsumeMessageBatchMaxSize(8);
    consumer.start();
    first.expect(bodies, 20_000);
    Check.until(40_000, () -> again.count() + " came again", () -> again.count() >= 20);
    Thread.sleep(2500);
    Check.same("deliveries", again.bodies().size(), again.count());
    Check.that(bodies.containsAll(again.bodies()), "others than those sent: " + again.bodies());
    for (MessageExt one : again.all()) Check.same("tries", 1, one.getReconsumeTimes());
  }

  /** The broker cannot find the record: the client sends the message to its group itself. */
  private static void recordGone(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(1);
    Collector again = new Collector();
    push(site, (messages, context) -> {
      for (MessageExt one : messages) {
        if (one.getReconsumeTimes() > 0) continue;
        one.setCommitLogOffset(1L << 40);
        return LATER;
      }
      again.add(messages);
      return DONE;
    }).start();
    SendResult sent = Site.stored(producer.send(site.message("TagA", "lost from sight")));
    again.expect(Set.of("lost from sight"), 30_000);
    MessageExt one = again.all().get(0);
    Check.same("tries", 1, one.getReconsumeTimes());
    Check.same("topic", site.topic, one.getTopic());
    Check.same("id", sent.getMsgId(), one.getProperty("UNIQ_KEY"));
  }

  /** A consumer goes in the middle of its work; another one of its group gets the message. */
  private static void consumerDies(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(1);
    CountDownLatch end = new CountDownLatch(1);
    Collector began = new Collector();
    DefaultMQPushConsumer first = push(site, (messages, context) -> {
      began.add(messages);
      try {
        end.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return DONE;
    });
    first.start();
    Set<String> bodies = site.send(producer, "unfinished ", 5);
    Check.until(20_000, () -> began.count() + " began", () -> began.count() >= 5);
    first.shutdown();
    Collector second = new Collector();
    push(site, second).start();
    second.expect(bodies, 30_000);
    for (MessageExt one : second.all()) Check.same("tries", 0, one.getReconsumeTimes());
    end.countDown();
  }

  /** A consumer that answers each request, by another producer of its own. */
  private static void answering(Site site, DefaultMQProducer replier, CountDownLatch begin,
      AtomicReference<Throwable> failure) throws Exception {
    push(site, (messages, context) -> {
      for (MessageExt one : messages) {
        try {
          begin.await(30, TimeUnit.SECONDS);
          byte[] body = ("re: " + Collector.text(one)).getBytes(StandardCharsets.UTF_8);
          Site.stored(replier.send(MessageUtil.createReplyMessage(one, body), 10_000));
        } catch (Throwable failed) {
          failure.set(failed);
        }
      }
      return DONE;
    }).start();
  }

  private static void requestReply(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(2);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    DefaultMQProducer replier = site.another("replier");
    answering(site, replier, new CountDownLatch(0), failure);
    String large = "x".repeat(20_000);
    for (String body : new String[] {"question 0", "question 1", large}) {
      Message reply = producer.request(site.message("TagA", body), 30_000);
      Check.that(failure.get() == null, "the replier failed: " + failure.get());
      Check.same("reply", "re: " + body, new String(reply.getBody(), StandardCharsets.UTF_8));
      Check.same("type", "reply", reply.getProperty("MSG_TYPE"));
      Check.that(reply.getProperty("CORRELATION_ID") != null, "no correlation id");
    }
    Set<String> replies = new TreeSet<>();
    for (int i = 0; i < 10; i++) {
      producer.request(site.message("TagA", "at once " + i), new RequestCallback() {
        @Override
        public void onSuccess(Message message) {
          synchronized (replies) {
            replies.add(new String(message.getBody(), StandardCharsets.UTF_8));
          }
        }

        @Override
        public void onException(Throwable failed) {
          failure.set(failed);
        }
      }, 30_000);
    }
    Check.until(30_000, () -> replies.size() + " of 10, " + failure.get(), () -> {
      synchronized (replies) {
        return replies.size() == 10;
      }
    });
  }

  /** Who asked is gone when the reply comes: the replier hears it. */
  private static void replyToGone(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(1);
    DefaultMQProducer replier = site.another("replier");
    replier.setRetryTimesWhenSendFailed(0);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch begin = new CountDownLatch(1);
    answering(site, replier, begin, failure);
    DefaultMQProducer asker = site.another("asker");
    Thread asking = new Thread(() -> {
      try {
        asker.request(site.message("TagA", "anybody?"), 4000);
      } catch (Exception expected) {
        // Nobody is there to hear the answer.
      }
    });
    asking.start();
    Thread.sleep(2000);
    asker.shutdown();
    asking.join();
    begin.countDown();
    Check.until(20_000, () -> "the replier was not refused", () -> failure.get() != null);
    Throwable cause = failure.get();
    while (cause != null && !(cause instanceof MQBrokerException)) cause = cause.getCause();
    Check.that(cause != null, "not by the broker's word: " + failure.get());
    MQBrokerException refusal = (MQBrokerException) cause;
    Check.same("code of " + refusal, 1, refusal.getResponseCode());
    Check.that(refusal.getErrorMessage().contains("not found"), refusal.getErrorMessage());
  }
}
