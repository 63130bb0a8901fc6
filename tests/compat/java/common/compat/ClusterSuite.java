package compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Clients of three brokers, which a name server of their own knows. Arguments as those of Suite. */
public final class ClusterSuite {
  static final List<String> BROKERS = List.of("broker-a", "broker-b", "broker-c");
  private static final int QUEUES_EACH = 2;

  private ClusterSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> clusters = new LinkedHashMap<>();
    clusters.put("publish-and-retry", ClusterSuite::publishAndRetry);
    clusters.put("shared-by-two", ClusterSuite::sharedByTwo);
    clusters.put("checked-where-it-lies", ClusterSuite::checked);
    Suite.play(clusters, arguments);
  }

  /** The site's topic, with queues at each broker. */
  static void create(Site site, DefaultMQProducer producer) throws Exception {
    for (String broker : BROKERS) new Tools(producer, broker).createTopic(site.topic, QUEUES_EACH);
    int all = BROKERS.size() * QUEUES_EACH;
    List<MessageQueue> found = new ArrayList<>();
    Check.until(20_000, () -> "queues of the new topic: " + found, () -> {
      try {
        found.clear();
        found.addAll(producer.fetchPublishMessageQueues(site.topic));
      } catch (Exception notYet) {
        return false;
      }
      return found.size() == all;
    });
  }

  /** Sends so many; gives the broker of each by its body. */
  static Map<String, String> send(Site site, DefaultMQProducer producer, int count)
      throws Exception {
    Map<String, String> brokers = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String body = "message " + brokers.size() + " of " + System.nanoTime();
      SendResult result = Site.stored(producer.send(site.message("TagA", body)));
      brokers.put(body, result.getMessageQueue().getBrokerName());
    }
    Check.same("brokers", Set.copyOf(BROKERS), Set.copyOf(brokers.values()));
    return brokers;
  }

  /** Each third fails at its first try, and comes again from the broker where it was. */
  private static void publishAndRetry(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    create(site, producer);
    Map<String, String> brokers = send(site, producer, 90);
    Set<String> failing = new TreeSet<>();
    for (String body : brokers.keySet()) if (failing.size() < 30) failing.add(body);
    Collector once = new Collector();
    Collector again = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", (messages, context) -> {
      for (MessageExt one : messages) {
        if (one.getReconsumeTimes() > 0) continue;
        if (failing.contains(Collector.text(one))) return ConsumeConcurrentlyStatus.RECONSUME_LATER;
      }
      (messages.get(0).getReconsumeTimes() > 0 ? again : once).add(messages);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.setPollNameServerInterval(1000);
    consumer.start();
    Set<String> well = new TreeSet<>(brokers.keySet());
    well.removeAll(failing);
    once.expect(well, 30_000);
    again.expect(failing, 60_000);
    List<MessageExt> all = once.all();
    all.addAll(again.all());
    for (MessageExt one : all) {
      String body = Collector.text(one);
      Check.same("broker of " + body, brokers.get(body), one.getBrokerName());
      Check.same("topic of " + body, site.topic, one.getTopic());
      MessageExt found = producer.viewMessage(site.topic, one.getMsgId());
      Check.same("body by its id", body, Collector.text(found));
    }
  }

  /** Two members share the queues of all brokers; when one goes, the other has all. */
  private static void sharedByTwo(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    create(site, producer);
    Collector first = new Collector();
    Collector second = new Collector();
    site.push("*", first).start();
    DefaultMQPushConsumer other = site.push("*", second);
    other.setInstanceName("other");
    other.start();
    Set<String> sent = new TreeSet<>();
    Check.until(60_000, () -> first.count() + " and " + second.count() + " came", () -> {
      try {
        sent.addAll(send(site, producer, 12).keySet());
        return first.count() > 20 && second.count() > 20;
      } catch (Exception failed) {
        throw new IllegalStateException(failed);
      }
    });
    other.shutdown();
    sent.addAll(send(site, producer, 30).keySet());
    Check.until(60_000, () -> "not all of " + sent.size() + " came", () -> {
      Set<String> came = new TreeSet<>(first.bodies());
      came.addAll(second.bodies());
      return came.equals(sent);
    });
  }

  /** Halves lie at all brokers; each broker asks about its own, and delivers its own. */
  private static void checked(Site site) throws Exception {
    TransactionSuite.Listener listener = new TransactionSuite.Listener();
    TransactionMQProducer producer =
        TransactionSuite.producer(site, "1", listener, site.nameServer);
    create(site, producer);
    Map<String, SendResult> halves = new TreeMap<>();
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 18; i++) {
      String body = "half " + i;
      boolean isCommitted = i % 2 == 0;
      listener.later.put(body, isCommitted
          ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE);
      if (isCommitted) expected.add(body);
      halves.put(body, TransactionSuite.send(producer, site.message("TagA", body)));
    }
    Set<String> brokers = new TreeSet<>();
    for (SendResult one : halves.values()) brokers.add(one.getMessageQueue().getBrokerName());
    Check.same("brokers with halves", new TreeSet<>(BROKERS), brokers);
    Collector collector = site.collect("*");
    collector.expect(expected, 40_000);
    for (String body : halves.keySet()) {
      Check.until(20_000, () -> "no check of " + body, () -> listener.checksOf(body) > 0);
    }
    List<MessageExt> all = collector.all();
    synchronized (listener.checks) {
      all.addAll(listener.checks);
    }
    for (MessageExt one : all) {
      String broker = halves.get(Collector.text(one)).getMessageQueue().getBrokerName();
      String address = one.getStoreHost().toString().replaceFirst("^.*/", "");
      Check.same("store of " + one, new Tools(producer, broker).broker, address);
    }
    Thread.sleep(3000);
    collector.expect(expected, 1);
  }
}
