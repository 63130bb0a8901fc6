package compat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers that are asked through the broker, groups that are sent elsewhere, look-ups. */
final class Asking {
  private Asking() {}

  private static final long LIMIT_MS = 5000;

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("ask-running-state", Asking::runningState);
    scenarios.put("ask-consume-directly", Asking::consumeDirectly);
    scenarios.put("ask-status", Asking::status);
    scenarios.put("ask-nobody", Asking::nobody);
    scenarios.put("reset-live", Asking::resetLive);
    scenarios.put("reset-offline", Asking::resetOffline);
    scenarios.put("clone-progress", Asking::cloneProgress);
    scenarios.put("look-up", Asking::lookUp);
  }

  /** A topic of two queues, a consumer that has consumed all of it, and who asks. */
  private static final class Ground {
    final DefaultMQProducer producer;
    final DefaultMQPushConsumer consumer;
    final Collector collector = new Collector();
    final MQClientAPIImpl api;
    final String broker;
    final String client;
    final List<SendResult> sent;

    Ground(Site site, int count) throws Exception {
      producer = site.producer();
      List<MessageQueue> queues = site.create(producer, 2);
      sent = sendTo(site, producer, queues, count);
      consumer = site.push("*", collector);
      consumer.setPersistConsumerOffsetInterval(500);
      consumer.start();
      collector.expect(bodies(count), 30_000);
      var factory = producer.getDefaultMQProducerImpl().getmQClientFactory();
      api = factory.getMQClientAPIImpl();
      broker = factory.findBrokerAddressInPublish("broker-a");
      client = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    }
  }

  private static List<SendResult> sendTo(
      Site site, DefaultMQProducer producer, List<MessageQueue> queues, int count)
      throws Exception {
    List<SendResult> sent = new java.util.ArrayList<>();
    for (int i = 0; i < count; i++) {
      Message message = site.message("TagA", "message " + i);
      message.setKeys("key" + i + " shared");
      sent.add(Site.stored(producer.send(message, queues.get(i % queues.size()))));
    }
    return sent;
  }

  private static Set<String> bodies(int count) {
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < count; i++) bodies.add("message " + i);
    return bodies;
  }

  private static void runningState(Site site) throws Exception {
    Ground ground = new Ground(site, 4);
    var state =
        ground.api.getConsumerRunningInfo(
            ground.broker, site.group, ground.client, true, LIMIT_MS);
    Check.that(state.getJstack().contains("TID: "), "no stacks: " + state.getJstack());
    Check.same("type", "CONSUME_PASSIVELY", state.getProperties().get("PROP_CONSUME_TYPE"));
    Check.that(state.getSubscriptionSet().size() >= 1, "no subscriptions");
    Check.that(state.getMqTable().size() >= 2, "queues: " + state.getMqTable().keySet());
    var plain =
        ground.api.getConsumerRunningInfo(
            ground.broker, site.group, ground.client, false, LIMIT_MS);
    Check.that(plain.getJstack() == null, "stacks that nobody asked for");
  }

  private static void consumeDirectly(Site site) throws Exception {
    Ground ground = new Ground(site, 4);
    String verdict =
        Version.consumeDirectly(
            ground.api, ground.broker, site, ground.client, ground.sent.get(2).getOffsetMsgId());
    Check.same("verdict", "CR_SUCCESS", verdict);
    Check.same("deliveries", 5, ground.collector.count());
    Check.same("body", "message 2", Collector.text(ground.collector.all().get(4)));
  }

  private static void status(Site site) throws Exception {
    Ground ground = new Ground(site, 6);
    ground.consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
    AtomicReference<Object> last = new AtomicReference<>();
    Check.until(
        10_000,
        () -> "status: " + last.get(),
        () -> {
          try {
            Map<String, Map<MessageQueue, Long>> status =
                ground.api.invokeBrokerToGetConsumerStatus(
                    ground.broker, site.topic, site.group, "", LIMIT_MS);
            last.set(status);
            Map<MessageQueue, Long> queues = status.get(ground.client);
            return queues != null
                && queues.size() == 2
                && queues.values().stream().allMatch(offset -> offset == 3);
          } catch (Exception failed) {
            throw new IllegalStateException(failed);
          }
        });
  }

  private static void nobody(Site site) throws Exception {
    Ground ground = new Ground(site, 2);
    Throwable unknown =
        Check.failure(
            "a question to an unknown client",
            () ->
                ground.api.getConsumerRunningInfo(
                    ground.broker, site.group, "1.2.3.4@5", false, LIMIT_MS));
    Check.same("code", 1, ((MQClientException) unknown).getResponseCode());
    ground.consumer.shutdown();
    Throwable offline =
        Check.failure(
            "a question to a group without clients",
            () ->
                ground.api.getConsumerRunningInfo(
                    ground.broker, site.group, ground.client, false, LIMIT_MS));
    Check.same("code", 1, ((MQClientException) offline).getResponseCode());
  }

  /** All comes again to a consumer that runs on. */
  private static void resetLive(Site site) throws Exception {
    Ground ground = new Ground(site, 6);
    ground.consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
    Thread.sleep(1000);
    Map<MessageQueue, Long> reset =
        ground.api.invokeBrokerToResetOffset(
            ground.broker, site.topic, site.group, 0, true, LIMIT_MS);
    Check.same("queues", 2, reset.size());
    for (long offset : reset.values()) Check.same("offset", 0L, offset);
    Check.until(
        90_000, () -> ground.collector.count() + " deliveries", () -> ground.collector.count() >= 12);
    Check.same("bodies", bodies(6), ground.collector.bodies());
  }

  /** A group whose consumer is away goes on where it was sent, by offset order of its queues. */
  private static void resetOffline(Site site) throws Exception {
    Ground ground = new Ground(site, 6);
    long between = System.currentTimeMillis();
    Thread.sleep(50);
    for (int i = 6; i < 8; i++) {
      Site.stored(ground.producer.send(site.message("TagA", "message " + i)));
    }
    ground.collector.expect(bodies(8), 20_000);
    ground.consumer.shutdown();
    Thread.sleep(500);
    try {
      ground.api.invokeBrokerToResetOffset(
          ground.broker, site.topic, site.group, between, true, LIMIT_MS);
    } catch (MQClientException offline) {
      Check.same("code", 206, offline.getResponseCode());
      throw new Check.Skipped("this broker leaves it to clients that are connected");
    }
    Collector again = new Collector();
    site.push("*", again).start();
    again.expect(Set.of("message 6", "message 7"), 60_000);
  }

  private static void cloneProgress(Site site) throws Exception {
    Ground ground = new Ground(site, 4);
    ground.consumer.shutdown();
    String copy = site.group + "_copy";
    DefaultMQPushConsumer other = new DefaultMQPushConsumer(copy);
    ground.api.cloneGroupOffset(ground.broker, site.group, copy, site.topic, true, LIMIT_MS);
    ground.producer.send(site.message("TagA", "new"));
    Collector collector = new Collector();
    other.setNamesrvAddr(site.nameServer);
    other.setHeartbeatBrokerInterval(2000);
    other.setConsumeFromWhere(
        org.apache.rocketmq.common.consumer.ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    other.subscribe(site.topic, "*");
    other.registerMessageListener(collector);
    other.start();
    try {
      collector.expect(Set.of("new"), 30_000);
    } finally {
      other.shutdown();
    }
  }

  private static void lookUp(Site site) throws Exception {
    Ground ground = new Ground(site, 6);
    DefaultMQProducer producer = ground.producer;
    long now = System.currentTimeMillis();
    AtomicReference<QueryResult> found = new AtomicReference<>();
    Check.until(10_000, () -> "found " + found.get(), () -> {
      try {
        found.set(producer.queryMessage(site.topic, "shared", 32, 0, now + 60_000));
        return found.get().getMessageList().size() == 6;
      } catch (Exception notYet) {
        return false;
      }
    });
    Check.same(
        "one key", 1, producer.queryMessage(site.topic, "key3", 32, 0, now + 60_000)
            .getMessageList().size());
    Check.failure(
        "a time long ago", () -> producer.queryMessage(site.topic, "shared", 32, 0, 1000));
    SendResult third = ground.sent.get(3);
    MessageExt byPlace = producer.viewMessage(site.topic, third.getOffsetMsgId());
    Check.same("by place", "message 3", Collector.text(byPlace));
    MessageExt byId = producer.viewMessage(site.topic, third.getMsgId());
    Check.same("by unique id", "message 3", Collector.text(byId));
    MessageQueue queue = third.getMessageQueue();
    Check.same("long ago", 0L, producer.searchOffset(queue, 1000));
    Check.same("in future", 3L, producer.searchOffset(queue, now + 3_600_000));
    long first = third.getQueueOffset();
    for (SendResult one : ground.sent) {
      boolean isBefore = one.getMessageQueue().equals(queue) && one.getQueueOffset() < first;
      if (!isBefore) continue;
      MessageExt other = producer.viewMessage(site.topic, one.getOffsetMsgId());
      // Stored in the same millisecond: then that one is the first of its time.
      if (other.getStoreTimestamp() == byId.getStoreTimestamp()) first = one.getQueueOffset();
    }
    Check.same(
        "of the message itself", first, producer.searchOffset(queue, byId.getStoreTimestamp()));
  }
}
